import { problem } from "./problem.js";

/**
 * DHCP server without a subnet
 *
 * The host's DHCP server leases addresses of the bridge's IPv4 subnet, which `address` sets. IPv6 addresses of guests
 * are static and need no server.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { ipv6: "fd00:83::1/64", dhcp: true } }, vms: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", ipv6: "fd00:83::1/64", dhcp: true } }, vms: {} }
 * ```
 */
export const dhcpWithoutSubnet = problem("dhcp-without-subnet", "error", { isOfAbsence: true });
