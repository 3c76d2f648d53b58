import { problem } from "./problem.js";

/**
 * The bridge has no such VLAN
 *
 * A VLAN has a network of its own, which the bridge's `vlans` describes: the host's address in it and, from that, the
 * guests'.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ vlan: 10 }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{}] }
 * ```
 */
export const unknownVlan = problem("unknown-vlan", "error", { isOfAbsence: true });
