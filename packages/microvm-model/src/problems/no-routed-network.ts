import { problem } from "./problem.js";

/**
 * The host has no routed network
 *
 * A routed interface is in no bridge: the host has an address at the other end of its tap, and a route to the guest.
 * Which addresses these are is said by the host's `routed`.
 *
 * ## Fails
 *
 * ```ts host
 * { routed: undefined, vms: { a: { interfaces: [{ routed: true }] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { routed: { address: "10.9.0.1/24" }, vms: { a: { interfaces: [{ routed: true }] } } }
 * ```
 */
export const noRoutedNetwork = problem("no-routed-network", "error", { isOfAbsence: true });
