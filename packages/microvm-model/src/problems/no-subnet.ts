import { problem } from "./problem.js";

/**
 * There is no subnet to take an address from
 *
 * An interface has the address of its VM's index in the network's subnet. This network has no subnet of its own: it is a
 * part of a LAN, which has its own server.
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
