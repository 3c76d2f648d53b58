import { problem } from "./problem.js";

/**
 * Invalid lock
 *
 * The library function `emit` received a `lock` that microvm-emit did not create. Pass the `lock` of an earlier result,
 * or none. For a lock file, the command line reports `lock-broken` instead.
 */
export const badLock = problem("bad-lock", "error");
