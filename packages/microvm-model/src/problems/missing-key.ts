import { problem } from "./problem.js";

/**
 * A setting that has no default is missing
 *
 * Most settings have a default. The few that have none are what only the reader can know: which release a host was
 * installed with, whose VMs they are, where a share comes from.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "data" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data" }] }
 * ```
 */
export const missingKey = problem("missing-key", "error");
