import { describe, expect, it } from "vitest";
import { nix, NixTemplateError, parse } from "../src/index.js";

const messages = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed._tag === "Right" ? [] : parsed.left.problems.map(({ message }) => message);
};

describe("messages of syntax errors", () => {
  const hints: readonly (readonly [text: string, ...messages: readonly string[]])[] = [
    ["&& true", "nothing precedes `&&`, expected an expression"],
    ["a && || b", "unexpected `||`, expected an expression"],
    ["[ ... ]", "unexpected `...`, expected an item or `]`"],
    ["{ a = 1; ... }", "unexpected `...`, expected a name, `inherit` or `}`"],
    ['{ "a": 1 }', "unexpected `:`, expected `=`; a binding is `name = value;`"],
    ["{ a = 1, b = 2; }", "unexpected `,`, expected `;`; each binding ends with `;`"],
    ["[ 1, 2 ]", "unexpected `,`, expected an item or `]`; items are separated by spaces"],
    ["f (a, b)", "unexpected `,`, expected `)`; arguments are separated by spaces"],
    ["{ inherit a, b; }", "unexpected `,`, expected a name or `;`; names are separated by spaces"],
    ["// c\n1", "nothing precedes `//`, expected an expression; a comment begins with `#`"],
    ["{ // c\n a = 1; }", "unexpected `//`, expected a name, `inherit` or `}`; a comment begins with `#`"],
    ["{ a = 'b'; }", "unexpected character `'`; a string is in `\"` or `''`"],
    ["{ a = \u201cb\u201d; }", "unexpected character `\u201c`; a string is in `\"` or `''`"],
    ["a ? b : c", "unexpected `:` after the end of the expression; a condition is `if a then b else c`"],
    ["a ? 1 : 2", "unexpected `1`, expected a name; a condition is `if a then b else c`"],
    ["if a { b = 1; }", "unexpected end, expected `then`; a condition is `if a then b else c`"],
    [
      "if a { b } else c",
      "unexpected `}`, expected `=`; a condition is `if a then b else c`",
      "unexpected `else`, expected `then`; a condition is `if a then b else c`",
    ],
    ["if a then b", "unexpected end, expected `else`; each `if` needs an `else`"],
    ["x => x", "unexpected `=` after the end of the expression; a function is `x: y`"],
    ["a = 1;", "unexpected `=` after the end of the expression; bindings are in braces: `{ name = value; }`"],
    ["[ a && b ]", "unexpected `&&`, expected an item or `]`; an item with an operator needs parentheses"],
    ["a & b", "unexpected character `&`; the operator is `&&`"],
    ["a | b", "unexpected character `|`; the operator is `||`"],
    ["\\x: x", "unexpected character `\\`; a function is `x: y`"],
  ];
  it.each(hints.map(([text, ...expected]) => ({ text, expected })))("$text: $expected.0", ({ text, expected }) => {
    expect(messages(text)).toEqual(expected);
  });

  it.each([
    ["\u00a0", "no-break space (U+00A0)"],
    ["\u200b", "zero-width space (U+200B)"],
    ["\ufeff", "byte order mark (U+FEFF)"],
    ["\u202e", "direction mark (U+202E)"],
    ["\u2028", "line separator (U+2028)"],
    ["\u3000", "space (U+3000)"],
    ["\u00ad", "invisible character (U+00AD)"],
    ["\u0007", "control character (U+0007)"],
  ])("names the invisible character %j", (character, name) => {
    expect(messages(`{ a${character}= 1; }`)).toEqual([`${name} outside a string`]);
  });

  it.each(["{ a = f {\n  x = 1;\n}\n = 2; }", '{ a = f "b\nc" = 2; }', `{ a = 1 ${"b".repeat(80)} = 2; }`])(
    "has at most one line and 40 characters of the source: %j",
    (text) => {
      const [message = ""] = messages(text);
      expect(message).toMatch(/^missing `;` before `[^\n`]{1,40}…`$/);
    },
  );

  it("explains `...` in templates only", () => {
    expect(() => nix`[ ... ]`).toThrow(NixTemplateError);
    expect(() => nix`[ ... ]`).toThrow("expected a list of items after `...`");
  });
});

describe("parse with strict: false", () => {
  it.each([
    "{ a = 1; a = 2; }",
    "{ a, a }: a",
    "9223372036854775808",
    "1.0e400",
    "let ${a} = 1; in a",
    "{ a.b = 1; a = { b = 2; }; }",
  ])("accepts %s, which is well-formed", (text) => {
    expect(parse(text)._tag).toBe("Left");
    expect(parse(text, { strict: true })._tag).toBe("Left");
    expect(parse(text, { strict: false })._tag).toBe("Right");
  });

  it("rejects text that is not well-formed", () => {
    expect(parse("{ a = ", { strict: false })._tag).toBe("Left");
  });
});
