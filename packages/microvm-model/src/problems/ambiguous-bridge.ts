import { problem } from "./problem.js";

/**
 * The host has several bridges and a VM names none
 *
 * A VM joins its host's only bridge without saying so. Where there are several, the interface has to name one.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24" }, br1: { address: "192.168.84.1/24" } },
 *   vms: { a: {} },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24" }, br1: { address: "192.168.84.1/24" } },
 *   vms: { a: { interfaces: [{ bridge: "br1" }] } },
 * }
 * ```
 */
export const ambiguousBridge = problem("ambiguous-bridge", "error", { isOfAbsence: true });
