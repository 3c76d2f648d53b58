import type { Result } from "@microvm-emit/model";
import { left, right } from "fp-ts/lib/Either.js";
import type { Diagnostic } from "../report/diagnostic.js";
import { Failed } from "../report/failure.js";
import { diagnosticsOf } from "../report/failure-words.js";

/** Runs a stage. Its failures become diagnostics; any other exception is a bug and is thrown again. */
export const attempt = async <A>(run: () => Promise<A>): Promise<Result<readonly Diagnostic[], A>> => {
  try {
    return right(await run());
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return left(error.failures.flatMap(diagnosticsOf));
  }
};
