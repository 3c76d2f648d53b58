import * as E from "fp-ts/lib/Either.js";
import { type Failure, failuresOf } from "../../src/report/failure.js";

/** The first failure of a run, or its result. */
export const ended = <A>(run: Promise<A>): Promise<E.Either<Failure, A>> =>
  run.then(E.right, (error: unknown) => E.left(failuresOf(error)[0]));
