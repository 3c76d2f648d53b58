import { problem } from "./problem.js";

/**
 * A router is named for a network without a subnet
 *
 * The router is one of the IPv4 subnet that the network's `address` says. Where the host asks a DHCP server, the server
 * names the router too.
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
