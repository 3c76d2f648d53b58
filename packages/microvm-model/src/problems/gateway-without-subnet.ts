import { problem } from "./problem.js";

/**
 * Gateway without a subnet
 *
 * `gateway` is a router in the IPv4 subnet of `address`. If the host gets its address by DHCP, the server also announces
 * the router.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", gateway: "192.168.1.1", ports: ["eno1"] } }, vms: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", ports: ["eno1"] } }, vms: {} }
 * ```
 */
export const gatewayWithoutSubnet = problem("gateway-without-subnet", "error", { isOfAbsence: true });
