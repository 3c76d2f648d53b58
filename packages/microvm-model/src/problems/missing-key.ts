import { problem } from "./problem.js";

/**
 * Required setting missing
 *
 * Most settings have a default. These have none, because only you know the value: the release that a host was installed
 * with, the owner of its VMs, the source of a share.
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
