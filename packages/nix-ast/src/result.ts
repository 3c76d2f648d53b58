/**
 * A value (`Right`) or an error (`Left`). It has the structure of `Either` of fp-ts, so functions of fp-ts accept it.
 * You do not need fp-ts to use it.
 *
 * @example
 * const result = parse(text);
 * if (result._tag === "Left") console.error(showParseError(result.left));
 * else console.log(print(result.right));
 */
export type Result<E, A> = Left<E> | Right<A>;

export interface Left<E> {
  readonly _tag: "Left";
  readonly left: E;
}

export interface Right<A> {
  readonly _tag: "Right";
  readonly right: A;
}
