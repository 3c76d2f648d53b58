import { problem } from "./problem.js";

/**
 * A VM has no bridge to join
 *
 * A VM's interface is a tap on one of its host's bridges, and the host describes none.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24" } } }
 * ```
 */
export const noBridge = problem("no-bridge", "error", { isOfAbsence: true });
