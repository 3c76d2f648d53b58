import { problem } from "./problem.js";

/**
 * Several bridges to choose from
 *
 * A VM joins the only bridge of its host by default. If the host has several, the interface must name one.
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
