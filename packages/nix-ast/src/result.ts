/**
 * A value, or the reason why there is none. It has the structure of fp-ts's `Either`, so fp-ts's functions take it; no one
 * needs fp-ts to read it.
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
