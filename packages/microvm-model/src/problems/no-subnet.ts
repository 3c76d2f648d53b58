import { problem } from "./problem.js";

/**
 * No subnet for an address
 *
 * An interface gets its address from the VM's index and the network's subnet. This network has no subnet: it
 * is part of a LAN with its own DHCP server.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { lan: { ports: ["eno1"], network: "open" } }, vms: { a: {} } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { lan: { ports: ["eno1"], network: "open" } }, vms: { a: { interfaces: [{ address: "dhcp" }] } } }
 * ```
 */
export const noSubnet = problem("no-subnet", "error", { isOfAbsence: true });
