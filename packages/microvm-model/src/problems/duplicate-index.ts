import { problem } from "./problem.js";

/**
 * Two VMs of a host have one index
 *
 * The index gives a VM its tap, MAC, address and vsock CID together, so no two VMs of a host can have the same.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: { index: 1 }, b: { index: 1 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: { index: 1 }, b: { index: 2 } } }
 * ```
 */
export const duplicateIndex = problem("duplicate-index", "error");
