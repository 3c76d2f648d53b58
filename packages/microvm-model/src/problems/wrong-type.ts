import { problem } from "./problem.js";

/**
 * A value has the wrong type
 *
 * A setting was given a text where it takes a number, an object where it takes a list, and so on. The message says what
 * was expected and what was found; numbers are written without quotes.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: "4" }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 4 }
 * ```
 */
export const wrongType = problem("wrong-type", "error");
