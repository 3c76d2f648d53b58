import { problem } from "./problem.js";

/**
 * No routed network
 *
 * A routed interface is on no bridge: the host has an address at the other end of its tap, and a route to the guest. The
 * host's `routed` sets these addresses.
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
