import { problem } from "./problem.js";

/**
 * Unknown bridge
 *
 * `bridge` of an interface must be one of the host's `bridges`. The bridge gives the guest its subnet and gateway.
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [{ bridge: "br1" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { interfaces: [{ bridge: "br0" }] }
 * ```
 */
export const unknownBridge = problem("unknown-bridge", "error", { isOfAbsence: true });
