import { problem } from "./problem.js";

/**
 * No DHCP server on this network
 *
 * A bridge has a DHCP server if the host runs one (`dhcp`), or if `ports` connect it to a LAN with a server. Otherwise,
 * the guest or the host would wait for an address forever.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{ address: "dhcp" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vcpu: 2, interfaces: [{}] }
 * ```
 */
export const noDhcpServer = problem("no-dhcp-server", "error", { isOfAbsence: true });
