import { problem } from "./problem.js";

/**
 * Silence without a warning
 *
 * A silence without a warning would hide a later warning. A silence applies to the part of the config that contains it:
 * the whole config, a host or a VM. If the warning appears elsewhere, the remedy shows where.
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
