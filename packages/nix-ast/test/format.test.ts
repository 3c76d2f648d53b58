import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format, nodesOf, parse, showParseError, type FormatOptions } from "../src/index.js";
import { fixtures } from "./fixtures.js";

const formatted = (text: string, options: FormatOptions = {}): string => {
  const result = format(text, options);
  if (result._tag === "Left") throw new Error(showParseError(result.left));
  return result.right;
};

/** Texts before and after nixfmt. */
const cases: Readonly<Record<string, readonly [before: string, after: string]>> = {
  "comments on the lines of their code": [
    "{ # one\n  a = 1; /* two */\n  # three\n\n\n  b = 2;\n  # four\n}\n# five\n",
    "{\n  # one\n  a = 1; # two\n  # three\n\n  b = 2;\n  # four\n}\n# five\n",
  ],
  "comments between tokens": [
    "{ name /* name */ = /* value */ f # function\n  x; }",
    "{\n  name # name\n    =  # value\n      # function\n      f x;\n}\n",
  ],
  "block comments without their stars": ["/*\n * a\n *   b\n */\nx", "/*\n  a\n    b\n*/\nx\n"],
  "documentation comments": ["{\n/** doc */\na = 1; }", "{\n  /**\n    doc\n  */\n  a = 1;\n}\n"],
  "language tags before strings": ["{ a = /* bash */ ''\n  x\n''; }", "{\n  a = /* bash */ ''\n    x\n  '';\n}\n"],
  "leading commas to trailing ones, with their comments": [
    "{ a # first\n, b ? 1 # second\n# third\n, c\n}: a",
    "{\n  a, # first\n  b ? 1, # second\n  # third\n  c,\n}:\na\n",
  ],
  "brackets on several lines": ["{ a = [\n1 ]; b = {\n}; inherit\n  c; }", "{\n  a = [\n    1\n  ];\n  b = {\n  };\n  inherit\n    c\n    ;\n}\n"], // prettier-ignore
  "the first line of a function body": [
    "[ ({ a, ... }: { b = 1; }) ({ a, ... }:\n{ b = 1; }) ]",
    "[\n  ({ a, ... }: { b = 1; })\n  (\n    { a, ... }:\n    {\n      b = 1;\n    }\n  )\n]\n",
  ],
  "needless indented strings": [
    "[ ''a'' ''a ''${b} '''c''' '' ''a\"b'' ''\n  a'' ]",
    "[\n  \"a\"\n  \"a \\${b} ''c'' \"\n  ''a\"b''\n  ''a''\n]\n".replace("  ''a''\n", '  "a"\n'),
  ],
  "spellings of strings, names, numbers and paths": [
    '{ "a" = "\\${x}\\q"; ${"b"} = 007; "c${d}" = a/b; e.or = 1.50; }',
    '{\n  "a" = "\\${x}\\q";\n  ${"b"} = 007;\n  "c${d}" = a/b;\n  e.or = 1.50;\n}\n',
  ],
  "escaped line breaks whose value depends on the indentation": [
    "[ ''\n  a''\\n    b\n'' ''\n  a''\\nb\n'' ]",
    "[\n  ''\n    a\n      b\n  ''\n  ''\n    a''\\nb\n  ''\n]\n",
  ],
  "comments with CRLF and CR line ends": ["{ a = 1; /* p\rq = 2; */ }", "{\n  a = 1;\n  /*\n    p\n    q = 2;\n  */\n}\n"], // prettier-ignore
  "an empty list below a comment": ["f # c\n  [ ]\n  b\n", "f\n  # c\n  [\n  ]\n  b\n"],
  "an empty list below a blank line": ["f a\n\n  [ ]\n  b\n", "f a\n\n  [\n  ]\n  b\n"],
  "a tab in a string": ["[ ''a\tb'' ''${a}\t'' ]", '[\n  "a\tb"\n  "${a}\t"\n]\n'],
  "an escaped line break before a space": ["''a''\\n b''", "''a''\\n b''\n"],
  "an escape of the end of a line": ["''\n  a''\\\n  b ''\\\n''", "''\n  a''\\\n  b ''\\\n''\n"],
  "`or` in a list": ["[ b or c ]", "[\n  (b or)\n  c\n]\n"],
  "redundant parentheses": ["((a)) + ((b + c))", "((a)) + ((b + c))\n"],
  "old syntax": ["let { body = x; x = http://a.b/c; }", 'let {\n  body = x;\n  x = "http://a.b/c";\n}\n'],
  "CRLF and CR line ends": ["{\r\n  a = 1; # c\r\n\r\n}\r\n", "{\n  a = 1; # c\n\n}\n"],
  "lines with disabled formatting": [
    "{\n  a   = 1;\n  # nixfmt:disable\n  /*nixfmt:disable*/\n  b   = [ 1   2 ];\n  c=3;\n  /*nixfmt:enable*/\n  d   = 4;\n}\n",
    "{\n  a = 1;\n  # nixfmt:disable\n  /*nixfmt:disable*/\n  b   = [ 1   2 ];\n  c=3;\n  /*nixfmt:enable*/\n  d = 4;\n}\n",
  ],
  "the end of a file with disabled formatting": ["{ a=1;\n/*nixfmt:disable*/\n b  = 2;  }  ", "{\n  a = 1;\n/*nixfmt:disable*/\n b  = 2;  }  "], // prettier-ignore
};

describe("format keeps or fixes", () => {
  it.each(Object.entries(cases))("%s", (_, [before, after]) => {
    expect(formatted(before)).toBe(after);
    expect(formatted(after)).toBe(after);
  });
});

describe("format does not change", () => {
  const folder = new URL("fixtures/", import.meta.url);
  it.each(Object.keys(fixtures))("output of print: %s", (name) => {
    const text = readFileSync(new URL(`${name}.nix`, folder), "utf8");
    expect(formatted(text)).toBe(text);
  });

  const examples = new URL("../../../examples/", import.meta.url);
  it.each(readdirSync(examples, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".nix")))(
    "examples/%s",
    (file) => {
      const text = readFileSync(new URL(file, examples), "utf8");
      expect(formatted(text)).toBe(text);
    },
  );
});

describe("options of nixfmt", () => {
  const text =
    "{ a, b }:\n{\n  x = [\n    1\n  ];\n  y = f\n    (a:\n      b);\n  s = ''\n    q\n  '';\n  inherit\n    z\n    ; # c\n}\n";
  it("indent sets the columns of a step", () => {
    expect(formatted(text, { indent: 4 })).toBe(
      "{ a, b }:\n{\n    x = [\n        1\n    ];\n    y = f (a: b);\n    s = ''\n        q\n    '';\n    inherit\n        z\n        ; # c\n}\n",
    );
  });
  it("strict ignores line breaks of the source", () => {
    expect(formatted(text, { strict: true })).toBe(
      "{ a, b }: {\n  x = [ 1 ];\n  y = f (a: b);\n  s = ''\n    q\n  '';\n  inherit z; # c\n}\n",
    );
  });
  it.each([0, -1, 1.5, NaN])("indent %d is no indentation", (indent) => {
    expect(() => format(text, { indent })).toThrow(RangeError);
  });
});

/** Pieces of `''` strings with escapes, spaces and line breaks. */
const piece = fc.constantFrom("\n", "\n", " ", "  ", "a", "${b}", "\t", "''${", "'''", "''\\n", "''\\\n", "$", "\r\n");

/** The values of all strings in a text. */
const strings = (text: string): unknown => {
  const parsed = parse(text);
  if (parsed._tag === "Left") return [];
  return nodesOf(parsed.right).flatMap((node) =>
    node.kind === "str" || node.kind === "indentedStr"
      ? [node.parts.map((part) => (typeof part === "string" ? part : "${}"))]
      : [],
  );
};

describe("format keeps the values of '' strings", () => {
  it("at any indentation", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), fc.integer({ min: 1, max: 5 }), (pieces, indent) => {
        const text = `{ a.b = { c = ''${pieces.join("")}''; d = 1; }; }`;
        const once = formatted(text, { indent });
        expect(strings(once)).toEqual(strings(text));
        expect(formatted(once, { indent })).toBe(once);
      }),
      { numRuns: 5000 },
    );
  });
});
