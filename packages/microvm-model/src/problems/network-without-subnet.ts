import { problem } from "./problem.js";

/**
 * A network has no addresses and leads nowhere
 *
 * A bridge without an address of the host's own, without ports into a LAN and without VLANs connects its VMs with
 * nobody, and gives them no addresses.
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
