import type { Expr } from "../expr.js";
import type { Holes } from "./holes.js";
import type { ParseError, SyntaxProblem } from "./parse-error.js";
import { Parser } from "./parser.js";
import type { Result } from "../result.js";

/**
 * The expression that a Nix file holds, for the language of Nix 2.34 with pipe operators. Nodes carry their place in the
 * text, the comments around them and how their author wrote them. All mistakes that can be told apart are reported
 * together.
 */
export const parse = (text: string): Result<ParseError, Expr> => read(text, true);

/** As {@link parse}, for what may be well formed and yet refused by Nix: a name defined twice, a number too large. */
export const parseForm = (text: string): Result<ParseError, Expr> => read(text, false);

/** As {@link parse}, with values in the places of the text that `holes` names. */
export const parseWith = (text: string, holes: Holes): Result<ParseError, Expr> => read(text, true, holes);

const read = (text: string, strict: boolean, holes?: Holes): Result<ParseError, Expr> => {
  const parser = new Parser(text, strict, holes);
  const expr = parser.parse();
  const [first, ...more] = parser.problems.toSorted((a, b) => a.start - b.start);
  if (first === undefined) return { _tag: "Right", right: expr };
  const problems: readonly [SyntaxProblem, ...SyntaxProblem[]] = [first, ...more];
  return { _tag: "Left", left: { _tag: "ParseError", text, problems } };
};
