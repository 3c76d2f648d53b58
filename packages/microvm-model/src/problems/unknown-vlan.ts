import { problem } from "./problem.js";

/**
 * Unknown VLAN
 *
 * `vlan` of an interface must be one of the bridge's `vlans`, which set the host's address and the subnet.
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
