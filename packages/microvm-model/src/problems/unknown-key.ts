import { problem } from "./problem.js";

/**
 * Unknown setting
 *
 * A mistyped setting would silently do nothing, so unknown settings are errors. If a known name is similar, the remedy
 * suggests it. Use `modules` to set options of NixOS.
 *
 * ## Fails
 *
 * ```ts vm
 * { memoryMib: 2000 }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { memoryMiB: 2000 }
 * ```
 */
export const unknownKey = problem("unknown-key", "error");
