import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attrs,
  binary,
  call,
  comment,
  ident,
  inherit,
  interp,
  nix,
  NixTemplateError,
  print,
  select,
  str,
} from "../src/index.js";
import { evaluate, everyNix, nameOf } from "./nix.js";

const x = ident("x");
const text = (expr: Parameters<typeof print>[0]): string => print(expr).trimEnd();

describe("nix`…`", () => {
  it("returns the expression of the text", () => {
    expect(nix`{ lib, ... }: lib.mkIf true { a = [ 1 2 ]; }`.kind).toBe("lambda");
    expect(text(nix`f  ( a+b )  ./c.nix`)).toBe("f (a + b) ./c.nix");
  });

  it.each([
    ["a number", nix`a + ${1}`, "a + 1"],
    ["a negative number, in parentheses where it needs them", nix`f ${-1}`, "f (-1)"],
    ["a string", nix`f ${'say "hi" to ${HOME}'}`, 'f "say \\"hi\\" to \\${HOME}"'],
    ["null and booleans", nix`[ ${null} ${true} ]`, "[\n  null\n  true\n]"],
    ["a record", nix`f ${{ a: 1 }}`, "f { a = 1; }"],
    ["an array, as one list", nix`[ ${[1]} ]`, "[ [ 1 ] ]"],
    ["a node, in parentheses where it needs them", nix`${binary(x, "+", 1)} * 2`, "(x + 1) * 2"],
    ["the value of a binding", nix`{ a = ${x}; }`, "{ a = x; }"],
    ["a name", nix`{ ${"a b"} = 1; c.${"d"}.e = 2; }`, '{\n  "a b" = 1;\n  c.d.e = 2;\n}'],
    ["a path of names", nix`x.${["a", "b.c"]}.d`, 'x.a."b.c".d'],
    ["a computed name", nix`x.${ident("y")} or 1`, "x.${y} or 1"],
    ["a name after a question mark", nix`x ? ${"if"}`, 'x ? "if"'],
    ["inherited names", nix`{ inherit ${"a"} ${["b", "c d"]}; }`, '{ inherit a b "c d"; }'],
    ["a part of a string", nix`"a ${"$"}{b} ${1} ${x}"`, '"a \\${b} 1 ${x}"'],
    ["a part of a string in two quotes", nix`''${"''"} "${x}"''`, "''''' \"${x}\"''"],
    ["a part of a path", nix`./hosts/${"a b"}/${ident("n")}.nix`, './hosts/${"a b"}/${n}.nix'],
    ["items of a list", nix`[ 1 ...${[2, x]} 3 ]`, "[\n  1\n  2\n  x\n  3\n]"],
    ["attributes of a set", nix`{ a = 1; ...${{ b: 2 }} ...${[inherit("c")]} ...${attrs({ d: 4 })} }`, "{\n  a = 1;\n  b = 2;\n  inherit c;\n  d = 4;\n}"], // prettier-ignore
    ["an argument", nix`${ident("f")} ${call(x, 1)} ${select(x, "a")}`, "f (x 1) x.a"],
    ["the body of a function", nix`x: ${x}`, "x: x"],
    ["an interpolation of Nix's own", nix`"\${a}"`, '"${a}"'],
  ])("accepts %s", (_, expr, printed) => {
    expect(text(expr)).toBe(printed);
  });

  it("keeps comments and layout", () => {
    expect(
      text(nix`{
      # why
      a = ${1}; # after

      b = [ # first
        ${x}
      ];
    }`),
    ).toBe("{\n  # why\n  a = 1; # after\n\n  b = [\n    # first\n    x\n  ];\n}");
  });

  it("keeps comments of values and of the template", () => {
    const noted = comment(ident("a"), { before: "own", after: "end" });
    expect(
      text(nix`[
      # template
      ${noted} # after
      # before
      ...${[1, 2]} # behind
      ...${[]}
    ]`),
    ).toBe("[\n  # template\n  # own\n  a # end after\n  # before\n  1\n  2 # behind\n]");
  });

  it("accepts `...` before other attributes", () => {
    expect(text(nix`{ ...${{ a: 1 }} }`)).toBe("{ a = 1; }");
    expect(text(nix`{ ... }: ${x}`)).toBe("{ ... }: x");
  });

  it("does not change its values", () => {
    const node = Object.freeze(call(x, 1));
    expect(
      text(nix`(${node}) + ${node} # c
    `),
    ).toBe("(x 1) + x 1 # c");
    expect(node).toEqual(call(x, 1));
    const enclosed = nix`(a)`;
    for (let i = 0; i < 3; i++) expect(text(nix`f ((${enclosed}))`)).toBe("f ((a))");
    expect(text(enclosed)).toBe("(a)");
  });

  const failure = (make: () => unknown): NixTemplateError => {
    try {
      make();
    } catch (error) {
      if (error instanceof NixTemplateError) return error;
      throw error;
    }
    throw new Error("the template was accepted");
  };

  it("reports all errors with their places", () => {
    const { message } = failure(() => nix`{ a = ${1} b = ${new Date()}; c = ; }`);
    expect(message).toBe(
      [
        "invalid Nix in this template:",
        "template:1:12: missing `;` before `b`",
        "1 | { a = ${…} b = ${…}; c = ; }",
        "  |            ^",
        "",
        "template:1:26: unexpected `;`, expected an expression",
        "1 | { a = ${…} b = ${…}; c = ; }",
        "  |                          ^",
      ].join("\n"),
    );
    expect(failure(() => nix`{ a = ${{ at: [() => 1] }}; }`).message).toContain(
      "template:1:7: cannot convert a function to Nix at .at[0]\n1 | { a = ${…}; }\n  |       ^^^^",
    );
  });

  it.each([
    ["a value as a name", () => nix`{ ${1} = 2; }`, "expected a string or a node as a name"],
    ["an empty path of names", () => nix`x.${[]}`, "an attribute path needs at least one name"],
    ["a record in a string", () => nix`"${{}}"`, "expected a string, a number or a node as a part of a string"],
    ["a splice that is not an array", () => nix`[ ...${1} ]`, "expected an array of items after `...` in a list"],
    ["a parameter", () => nix`{ ${"a"}, b }: a`, "unexpected"],
    ["NaN", () => nix`${NaN}`, "not a Nix float: NaN"],
    ["a duplicate name", () => nix`{ ${"a"} = 1; a = 2; }`, "attribute `a` is already defined"],
    ["a value in a comment", () => nix`1 # ${2}`, "a value is not allowed here"],
    ["a value in a block comment", () => nix`/* ${2} */ 1`, "a value is not allowed here"],
    ["a value after a backslash", () => nix`"\\${"x"}"`, "a value is not allowed here"],
    ["a value directly after a name", () => nix`pkgs.linux_${"6_6"}`, "a value cannot be part of a name"],
    ["a value directly before a name", () => nix`[ ${1}a ]`, "a value cannot be part of a name"],
    ["the internal marker of a value in the text", () => nix`a \ue000`, "unexpected character"],
  ])("rejects %s", (_, make, message) => {
    expect(failure(make).message).toContain(message);
  });

  it.each(everyNix.map((one) => [nameOf(one), one] as const))("does not turn text into code for %s", (_, one) => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '"; evil = 1; "',
        "''",
        "${builtins.abort 1}",
        "\\",
        "*/ # /*",
        "\n",
        "\ue000",
        "a.b",
        "or",
        "]",
        ")",
      ),
      fc.string({ unit: "binary", maxLength: 12 }).filter((value) => !/[\0\p{Surrogate}]/u.test(value)),
    );
    const values = fc.sample(hostile, 200);
    const expected = values.map((value) => ({ a: value, [`k${value}`]: [`x${value}`, `${value}${value}`] }));
    const made = values.map(
      (value) => nix`{ a = ${value}; ${`k${value}`} = [ "x${value}" ''${value}${interp(str(value))}'' ]; }`,
    );
    expect(evaluate(one, print(nix`[ ...${made} ]`))).toEqual(expected);
  });
});
