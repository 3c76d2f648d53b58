import { problem } from "./problem.js";

/**
 * No bridge
 *
 * A VM's interface is a tap on a bridge of its host, and the host has no bridge.
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
