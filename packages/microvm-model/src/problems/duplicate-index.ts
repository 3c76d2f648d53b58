import { problem } from "./problem.js";

/**
 * Index used twice
 *
 * The index determines the VM's tap, MAC, address and vsock CID, so each VM of a host needs its own.
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
