import { problem } from "./problem.js";

/**
 * An interface is routed and in a bridge at once
 *
 * In a bridge, guests share a wire. In the routed network, each is alone with the host. An interface is in one of them;
 * a VM may have one in each.
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
