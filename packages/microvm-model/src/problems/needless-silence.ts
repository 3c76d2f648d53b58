import { problem } from "./problem.js";

/**
 * A silence has nothing to silence
 *
 * A silence that outlives its warning would hide the next one. It holds for the part of the config that it stands in:
 * the whole, a host or a VM; where the warning is told elsewhere, the remedy says so.
 *
 * ## Fails
 *
 * ```ts vm
 * { silence: { "label-without-creation": "the image has its label already" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   volumes: [{ image: "/srv/data.img", mountPoint: "/data", autoCreate: false, label: "data" }],
 *   silence: { "label-without-creation": "the image has its label already" },
 * }
 * ```
 */
export const needlessSilence = problem("needless-silence", "warning");
