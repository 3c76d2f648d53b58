import { problem } from "./problem.js";

/**
 * Nobody answers who asks for an address
 *
 * A DHCP server is in the bridge when the host runs one (`dhcp`), or when `ports` connect it to a LAN that has one.
 * Without either, the guest or the host would wait for an address that never comes.
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
