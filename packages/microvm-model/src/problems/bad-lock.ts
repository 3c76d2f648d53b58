import { problem } from "./problem.js";

/**
 * The lock that was passed is none of ours
 *
 * The library function `emit` was given a `lock` that is no lock of microvm-emit's. Pass `lock` of an earlier result, or
 * nothing. The command line says `lock-broken` of a lock file instead.
 */
export const badLock = problem("bad-lock", "error");
