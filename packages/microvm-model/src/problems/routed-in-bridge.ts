import { problem } from "./problem.js";

/**
 * Interface both routed and bridged
 *
 * Guests on a bridge share one network. On the routed network, each guest only has a link to the host. An interface is
 * in one of them; a VM can have one interface in each.
 *
 * ## Fails
 *
 * ```ts host
 * { routed: { address: "10.9.0.1/24" }, vms: { a: { interfaces: [{ routed: true, bridge: "br0" }] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { routed: { address: "10.9.0.1/24" }, vms: { a: { interfaces: [{ routed: true }, { bridge: "br0" }] } } }
 * ```
 */
export const routedInBridge = problem("routed-in-bridge", "error");
