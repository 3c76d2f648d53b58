import { problem } from "./problem.js";

/**
 * Address without a subnet
 *
 * A static address needs a subnet of the same family. A network's `address` gives its IPv4 subnet, and `ipv6` its IPv6
 * subnet.
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
