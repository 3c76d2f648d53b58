import { problem } from "./problem.js";

/**
 * There is no such setting
 *
 * Unknown settings are refused instead of passed over, since a mistyped one would quietly do nothing. Where a known name
 * is near, the remedy says which. What has no setting here is set in a NixOS module: see `modules`.
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
