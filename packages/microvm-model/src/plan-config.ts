import { type Either, left } from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { andThen, settle } from "./checked.js";
import { type Lock, lockSchema } from "./lock.js";
import { error, type Problem } from "./problem.js";
import { resolve, type Resolution } from "./resolve.js";
import { checkRules } from "./rules.js";
import { validate } from "./validate.js";

/** A config becomes a plan: shape, then references and addresses, then rules; or every problem of all three. */
export const planConfig = (
  config: unknown,
  lock: Lock,
): Either<readonly Problem[], { readonly value: Resolution; readonly warnings: readonly Problem[] }> =>
  lockSchema.safeParse(lock).success
    ? pipe(validate(config), andThen(resolve(lock)), andThen(checkRules), settle)
    : left([brokenLock]);

const brokenLock = error(
  "bad-lock",
  [],
  "The lock is not one of microvm-emit's",
  "Pass what an earlier run gave back, or the empty lock.",
);
