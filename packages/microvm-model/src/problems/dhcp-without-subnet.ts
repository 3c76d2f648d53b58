import { problem } from "./problem.js";

/**
 * A DHCP server has no addresses to give
 *
 * The host's DHCP server gives out IPv4 addresses of the bridge's subnet, which the bridge's own `address` says. IPv6
 * addresses of guests are static and need no server.
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
