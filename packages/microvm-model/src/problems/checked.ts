import * as These from "fp-ts/lib/These.js";
import type { Problem } from "./problem.js";

/**
 * Result of a stage: a value, problems, or both. Later stages continue with the value, so one run finds the problems of every
 * stage.
 */
export type Checked<A> = These.These<readonly Problem[], A>;

const monad = These.getMonad<readonly Problem[]>({ concat: (earlier, later) => [...earlier, ...later] });

/** Runs the next stage on the value of the previous one, and collects the problems of both. */
export const andThen =
  <A, B>(next: (value: A) => Checked<B>) =>
  (checked: Checked<A>): Checked<B> =>
    monad.chain(checked, next);

/** A value with problems. */
export const withProblems = <A>(problems: readonly Problem[], value: A): Checked<A> =>
  problems.length === 0 ? These.right(value) : These.both(problems, value);

/** Collects all values and all problems. */
export const gather = <A>(results: readonly Checked<A>[]): Checked<readonly A[]> => {
  const problems: Problem[] = [];
  const values: A[] = [];
  for (const result of results) {
    if (result._tag !== "Right") problems.push(...result.left);
    if (result._tag !== "Left") values.push(result.right);
  }
  return withProblems(problems, values);
};
