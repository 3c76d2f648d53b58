import { problem } from "./problem.js";

/**
 * A second interface on one bridge needs an address
 *
 * The VM's index gives it one address in a bridge's subnet. A second interface on the same bridge would have the same
 * one.
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
