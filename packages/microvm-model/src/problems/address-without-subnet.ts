import { problem } from "./problem.js";

/**
 * An address has no subnet to lie in
 *
 * A static address is of use together with a subnet and, mostly, a router in it. The network that the interface is in
 * has no subnet of the address's family: its `address` gives the IPv4 one, its `ipv6` the IPv6 one.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ ipv6: "fd00:83::20" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ address: "192.168.83.20" }] }
 * ```
 */
export const addressWithoutSubnet = problem("address-without-subnet", "error", { isOfAbsence: true });
