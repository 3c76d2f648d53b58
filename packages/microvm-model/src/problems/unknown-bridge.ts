import { problem } from "./problem.js";

/**
 * An interface joins a bridge that the host has not
 *
 * An interface's `bridge` is the name of one of its host's `bridges`. Its subnet gives the guest its address and
 * gateway.
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
