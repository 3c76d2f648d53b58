import { problem } from "./problem.js";

/**
 * Second interface needs an address
 *
 * A VM's index gives it one address in each subnet. A second interface on the same bridge would have the same address.
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [{}, {}] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { interfaces: [{}, { address: "192.168.83.200" }] }
 * ```
 */
export const addressNeeded = problem("address-needed", "error", { isOfAbsence: true });
