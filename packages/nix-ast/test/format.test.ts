import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { format, showParseError } from "../src/index.js";
import { fixtures } from "./fixtures.js";

const formatted = (text: string, width = 100): string => {
  const result = format(text, { width });
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
  "blocks of comments without their stars": ["/*\n * a\n *   b\n */\nx", "/*\n  a\n    b\n*/\nx\n"],
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
  "indented strings without need": [
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
