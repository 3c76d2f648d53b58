import type { Expr } from "../expr.js";
import type { Holes } from "./holes.js";
import type { ParseError, SyntaxProblem } from "./parse-error.js";
import { Parser } from "./parser.js";
import type { Result } from "../result.js";

/** Options of {@link parse}. */
export interface ParseOptions {
  /**
   * False to accept well-formed code that Nix rejects: duplicate names, computed names in a `let` and numbers out of
   * range. Default: true.
   */
  readonly strict?: boolean;
}

/**
 * Parses a Nix file (the language of Nix 2.34 with pipe operators). Nodes have their offsets in the text, their
 * comments and their original spelling. The error contains all independent mistakes.
 *
 * @example
 *
 * ```ts
 * import { parse, showParseError } from "@microvm-emit/nix-ast";
 *
 * const parsed = parse("{ a = 1 }");
 * if (parsed._tag === "Left") console.log(showParseError(parsed.left, "a.nix"));
 * else console.log(parsed.right.kind);
 * ```
 *
 * ```text
 * a.nix:1:9: unexpected `}`, expected `;`
 * 1 | { a = 1 }
 *   |         ^
 * ```
 */
export const parse = (text: string, { strict = true }: ParseOptions = {}): Result<ParseError, Expr> =>
  read(new Parser(text, { strict }), text);

/** The tree of {@link parse} to be formatted; `lines`: with the line breaks that nixfmt keeps. */
export const parseForm = (text: string, lines = true): Result<ParseError, Expr> =>
  read(new Parser(text, { strict: false, lines }), text);

/** As {@link parse}, with values in the holes of the text. */
export const parseWith = (text: string, holes: Holes): Result<ParseError, Expr> =>
  read(new Parser(text, { strict: true, holes }), text);

const read = (parser: Parser, text: string): Result<ParseError, Expr> => {
  const expr = parser.parse();
  const [first, ...more] = parser.problems.toSorted((a, b) => a.start - b.start);
  if (first === undefined) return { _tag: "Right", right: expr };
  const problems: readonly [SyntaxProblem, ...SyntaxProblem[]] = [first, ...more];
  return { _tag: "Left", left: { _tag: "ParseError", text, problems } };
};
