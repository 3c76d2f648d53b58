/**
 * A value (`Right`) or an error (`Left`). It has the structure of `Either` of fp-ts, so functions of fp-ts accept it.
 * You do not need fp-ts to use it.
 *
 * @example
 *
 * ```ts
 * import { parse, print, type Result, type Expr, type ParseError } from "@microvm-emit/nix-ast";
 *
 * const result: Result<ParseError, Expr> = parse("{a=1;}");
 * if (result._tag === "Left") console.error(result.left.problems);
 * else console.log(print(result.right));
 * ```
 *
 * ```nix
 * { a = 1; }
 * ```
 */
export type Result<E, A> = Left<E> | Right<A>;

/** An error. */
export interface Left<E> {
  readonly _tag: "Left";
  /** The error. */
  readonly left: E;
}

/** A value. */
export interface Right<A> {
  readonly _tag: "Right";
  /** The value. */
  readonly right: A;
}
