import { problem } from "./problem.js";

/**
 * Wrong type
 *
 * The setting expects another type, such as a number instead of text. The message shows the expected type and the value.
 * Write numbers without quotes.
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
