import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format, parse, positionOf, print, showParseError, type Expr, type SyntaxErrorKind } from "../src/index.js";
import { accepted, everyNix, nameOf, nixWithPipes } from "./nix.js";

const read = (text: string): Expr => {
  const parsed = parse(text);
  if (parsed._tag === "Left") throw new Error(showParseError(parsed.left));
  return parsed.right;
};
const problems = (text: string): readonly (readonly [SyntaxErrorKind, string])[] => {
  const parsed = parse(text);
  if (parsed._tag === "Right") return [];
  return parsed.left.problems.map(({ kind, start, end }) => [kind, text.slice(start, end)]);
};

describe("positions", () => {
  const text = "# c\n{ a.b = f (x + 1) [ 2 ]; inherit (y) z; }";
  const set = read(text);

  it("each node has its offsets without comments and parentheses", () => {
    const found: string[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      if ("start" in value && "end" in value && "kind" in value) {
        found.push(`${String(value.kind)}: ${text.slice(Number(value.start), Number(value.end))}`);
      }
      for (const [key, part] of Object.entries(value)) if (key !== "parens") visit(part);
    };
    visit(set);
    expect(found.sort()).toEqual(
      [
        "attrs: { a.b = f (x + 1) [ 2 ]; inherit (y) z; }",
        "binding: a.b = f (x + 1) [ 2 ];",
        "call: f (x + 1)",
        "call: f (x + 1) [ 2 ]",
        "ident: f",
        "binary: x + 1",
        "ident: x",
        "int: 1",
        "list: [ 2 ]",
        "int: 2",
        "inherit: inherit (y) z;",
        "ident: y",
      ].sort(),
    );
  });

  it.each([
    ["a\nb", 2, { line: 2, column: 1 }],
    ["a\r\nb", 3, { line: 2, column: 1 }],
    ["ab", 1, { line: 1, column: 2 }],
    ["a\n", 2, { line: 2, column: 1 }],
  ])("positionOf returns line and column: %j %i", (within, offset, position) => {
    expect(positionOf(within, offset)).toEqual(position);
  });
});

describe("problems", () => {
  const broken: readonly (readonly [text: string, ...(readonly [SyntaxErrorKind, string])[]])[] = [
    ["", ["unclosed", ""]],
    ["a b = 1", ["unexpected", "="]],
    ["[ 1 2", ["unclosed", ""]],
    ["{ a = (1; }", ["unexpected", ";"]],
    ["{ a = 1 b = 2; }", ["unexpected", "b"]],
    ["{ a = ; b = (; ); c = 1 }", ["unexpected", ";"], ["unexpected", ";"], ["unexpected", ")"], ["unexpected", "}"]],
    ['"a', ["unclosedText", '"']],
    ["''a", ["unclosedText", "''"]],
    ['"${a"', ["unclosedText", '"']],
    ["1 /* c", ["unclosedComment", "/*"]],
    ["a & b", ["unknownCharacter", "&"]],
    ["{ ä = 1; }", ["unknownCharacter", "ä"]],
    ["a + x: x", ["needsParentheses", "x:"]],
    ["[ -1 ]", ["needsParentheses", "-"]],
    ["[ x: x ]", ["needsParentheses", "x:"]],
    ["a.b or -1", ["needsParentheses", "-"]],
    ["f let a = 1; in a", ["needsParentheses", "let"]],
    ["[\n# c\n()]", ["unexpected", ")"]],
    ["a ++ let in b", ["needsParentheses", "let"]],
    ["a == b == c", ["chainedComparison", "=="]],
    ["a < b > c", ["chainedComparison", ">"]],
    ["a |> b <| c", ["mixedPipes", "<|"]],
    ["./a/", ["trailingSlash", "/"]],
    ["9223372036854775808", ["intTooLarge", "9223372036854775808"]],
    ["1.0e400", ["floatOutOfRange", "1.0e400"]],
    ["{ a = 1; a = 2; }", ["duplicateAttribute", "a"]],
    ["{ a.b = 1; a = { b = 2; }; }", ["duplicateAttribute", "b"]],
    ["{ a.b.c = 1; a = { b.c = 2; }; }", ["duplicateAttribute", "b"]],
    [
      "{ a = { b = { c = 1; }; }; a.b = { d = 2; c = 3; }; a.b.d = 4; }",
      ["duplicateAttribute", "c"],
      ["duplicateAttribute", "a"],
    ],
    ["{ a = { b.c = 1; d = 2; }; a = { b = 3; d.e = 4; }; }", ["duplicateAttribute", "b"], ["duplicateAttribute", "d"]],
    ["{ a = { b = { inherit c; }; }; a.b = { c.d = 1; }; }", ["duplicateAttribute", "c"]],
    ["{ inherit a; a.b = 1; }", ["duplicateAttribute", "a"]],
    ["let a = 1; inherit a; in a", ["duplicateAttribute", "inherit a;"]],
    ['{ a = 1; inherit x "a"; }', ["duplicateAttribute", '"a"']],
    ["{ a, b, a }: a", ["duplicateFormal", "a"]],
    ["a@{ a }: a", ["duplicateFormal", "a"]],
    ["let ${a} = 1; in a", ["dynamicName", "${a}"]],
    ['{ inherit "a${b}"; }', ["dynamicName", '"a${b}"']],
    ["{ a, ..., b }: a", ["unexpected", ","]],
    ["\0", ["nul", "\0"]],
    ['"a\0b"', ["nul", "\0"]],
    ["[ ''a${b}\0'' 1\0 ] # \0", ["nul", "\0"], ["nul", "\0"]],
  ];
  it.each(broken.map(([text, ...expected]) => ({ text, expected })))(
    "$text has all expected problems",
    ({ text, expected }) => {
      expect(problems(text)).toEqual(expected);
    },
  );

  it.each([
    "{ a.b = 1; a.c = 2; a = { d = 3; }; }",
    "{ a = { b = 1; }; a = { c = 2; }; }",
    "{ a.b.c = 1; a = { b.d = 2; }; }",
    "{ a = { b.d = 2; }; a.b.c = 1; }",
    "let a.b.c = 1; a = { b = { d = 1; }; }; a = { b.e = 1; }; in a",
    "{ x = { a.b.c = 1; a = { b.d = 2; }; }; x.a.b.e = 3; x = { a = { b = { f = 4; }; }; }; }",
    "# a\0b\n/* \0 */ 1",
    '{ ${"a"}.b = 1; a.c = 2; "a".d = 3; }',
    "{ ${a} = 1; ${a} = 2; }",
    'let ${"a"} = 1; in a',
    "let ${''a''} = 1; in { inherit ${''b''}; }",
    "{ a, }: a",
    "f or",
    "let { body = 1; }",
    "{ a = http://example.org/x?y=1; }",
    "-9223372036854775807 - 1",
    "x:\n#c\ny",
    "!a ? b",
  ])("%j has no problem", (text) => {
    expect(problems(text)).toEqual([]);
  });

  it("showParseError prints the line, carets and the related place", () => {
    const parsed = parse("{\n\ta = 1;\n\ta = 2;\n}\n");
    expect(parsed._tag === "Left" && showParseError(parsed.left, "x.nix")).toBe(
      [
        "x.nix:3:2: attribute `a` is already defined",
        "3 |  a = 2;",
        "  |  ^",
        "first defined here:",
        "2 |  a = 1;",
        "  |  ^",
      ].join("\n"),
    );
  });
});

/** Pieces of valid and invalid Nix. */
const PIECES = ["a", "b", "x", "or", "if", "then", "else", "let", "in", "with", "assert", "rec", "inherit", "1", "2.5", ".5", '"s"', '"${a}"', "''t''", "./p", "<n>", "~/q", "a/b", "http://x.y", "(", ")", "[", "]", "{", "}", "${", "a.b", "a = 1;", "b.c = 2;", "inherit a;", "{ a }:", "{ a, b ? 1, ... }@c:", "x:", "@", "=", ";", ":", ",", "?", ".", "...", "+", "-", "*", "/", "//", "++", "->", "<", "<=", "==", "!=", "&&", "||", "!", "|>", "<|", "# c\n", "/* d */", "\n", "__curPos", "{ }", "[ ]", "(a)", "f a", "007", "1.e3", "a?b", "$", "&", "'", "a.b or c", "./${a}/b", "/.", "${a}", 'a."b c"']; // prettier-ignore
/** Pieces with what follows them: one choice takes half the time of two. */
const token = fc.constantFrom(...PIECES.flatMap((piece) => [" ", " ", " ", ""].map((after) => piece + after)));
const nonsense = fc
  .tuple(
    fc.constantFrom(["", ""], ["{ a = ", "; }"], ["[ ", " ]"], ["( ", " )"], ["let a = ", "; in a"], ["x: ", ""]),
    fc.array(token, { minLength: 1, maxLength: 8 }),
  )
  .map(([[open, close], pieces]) => `with { };\n${open}${pieces.join("")}${close}\n`);

/** Nested sets with few names, which repeat and merge at several depths. */
const { repeating } = fc.letrec<{ repeating: string; bindings: string; value: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant("1"), tie("repeating")),
  bindings: fc
    .tuple(fc.constantFrom("a", "b", "a.b", "b.a", "a.b.c", '"a"', "a.${x}"), tie("value"))
    .map(([path, value]) => `${path} = ${value}; `),
  repeating: fc
    .tuple(
      fc.constantFrom("", "", "", "rec "),
      fc.array(
        fc.oneof(
          { weight: 8, arbitrary: tie("bindings") },
          { weight: 1, arbitrary: fc.constantFrom("inherit a; ", "inherit (x) c; ") },
        ),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([rec, all]) => `${rec}{ ${all.join("")}}`),
}));

const zip = <A, B>(first: readonly A[], second: readonly B[]): readonly (readonly [A, B | undefined])[] =>
  first.map((one, position) => [one, second[position]]);

/** Calls itself `depth` times, then `run`; without `run`, until the stack overflows. Returns the depth too. */
const descend = <A>(depth: number, run: (() => A) | undefined, from = 0): readonly [A | undefined, number] => {
  if (from === depth) return [run?.(), from];
  try {
    return descend(depth, run, from + 1);
  } catch (error) {
    if (run !== undefined || !(error instanceof RangeError)) throw error;
    return [undefined, from];
  }
};

const inLastQuarterOfStack = <A>(run: () => A): A | undefined => {
  const [, size] = descend(Infinity, undefined);
  return descend(Math.floor((size * 3) / 4), run)[0];
};

describe("any text", () => {
  it("has a tree, or problems with places in the text", () => {
    fc.assert(
      fc.property(fc.oneof(nonsense, fc.string({ unit: "binary", maxLength: 40 })), (text) => {
        const parsed = parse(text);
        if (parsed._tag === "Right") return print(parsed.right) !== "";
        showParseError(parsed.left);
        return parsed.left.problems.every(({ start, end }) => start >= 0 && start <= end && end <= text.length);
      }),
      { numRuns: 5000 },
    );
  });

  const nix = nixWithPipes ?? everyNix[0];
  it(`is valid if it is valid for ${nix ? nameOf(nix) : "no nix"}`, () => {
    if (nix === undefined) throw new Error("no nix");
    if (nixWithPipes === undefined) console.warn("pipes are NOT compared: no Nix of 2.24 or later");
    const texts = fc.sample(nonsense, 120).filter((text) => nixWithPipes !== undefined || !/\|>|<\|/.test(text));
    expect(texts.map((text) => [text, parse(text)._tag === "Right"])).toEqual(zip(texts, accepted(nix, texts)));
  });

  // Nix before 2.24 merges fewer definitions.
  it.skipIf(nixWithPipes === undefined)(
    "has a duplicate name exactly if Nix reports one (needs MICROVM_EMIT_NIX_CURRENT)",
    () => {
      if (nixWithPipes === undefined) return;
      const texts = fc.sample(repeating, 60).map((text) => `{ a, x }: ${text}`);
      expect(texts.map((text) => [text, parse(text)._tag === "Right"])).toEqual(
        zip(texts, accepted(nixWithPipes, texts)),
      );
    },
  );

  // A quarter of the depth in the last quarter of the stack takes a quarter of the time.
  const DEEP = 25_000;
  it.each([
    ["[", "]"],
    ["(", ")"],
    ["{ a = ", "; }"],
    ["x: ", ""],
    ["{ }: ", ""],
    ["let in ", ""],
    ["if a then b else ", ""],
    ["a ++ ", ""],
    ["a + ", ""],
    ["- ", ""],
    ["f (", ")"],
    ['"${', '}"'],
    ["a.${", "}"],
  ])("with deep nesting of %j does not overflow the stack", (open, close) => {
    const text = `${open.repeat(DEEP)}a${close.repeat(DEEP)}`;
    expect(inLastQuarterOfStack(() => parse(text)._tag)).toBe("Right");
    expect(inLastQuarterOfStack(() => parse(open.repeat(DEEP))._tag)).toBe("Left");
  });

  it("can have long comments anywhere", () => {
    for (const comment of [`/*${" ".repeat(10_000_000)}*/`, "# x\n".repeat(1_000_000)]) {
      expect(parse(`{ a ${comment} }: a`)._tag).toBe("Right");
    }
  });

  it.each(["''a''\\\nb\ud800''", "''a''\\\nb\0''"])(
    "with characters that Nix strings cannot contain does not crash the parser: %j",
    (text) => {
      expect(parse(text)._tag).toBe("Left");
      expect(format(text)._tag).toBe("Left");
    },
  );

  it("has a maximum number of problems", () => {
    const parsed = parse(`{ ${"a = 1; ".repeat(20_000)} }`);
    expect(parsed._tag === "Left" && showParseError(parsed.left).length).toBeLessThan(100_000);
  });
});

describe("format", () => {
  it("returns problems for invalid text", () => {
    expect(format("{ a = ")._tag).toBe("Left");
  });
  it("parse reports a duplicate attribute with its full path", () => {
    const parsed = parse("{ a.b.c = 1; a = { b.c = 2; }; }");
    expect(parsed._tag === "Left" && parsed.left.problems.map(({ message }) => message)).toEqual([
      "attribute `a.b.c` is already defined",
    ]);
  });
  it("accepts duplicate names", () => {
    expect(format("{a=1;a=2;}")).toEqual({ _tag: "Right", right: "{\n  a = 1;\n  a = 2;\n}\n" });
  });
});
