import { problem } from "./problem.js";

/**
 * Network without a subnet
 *
 * A bridge without an address, without ports into a LAN and without VLANs gives its VMs no address and no connection.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: {} }, vms: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24" } }, vms: {} }
 * ```
 */
export const networkWithoutSubnet = problem("network-without-subnet", "error", { isOfAbsence: true });
