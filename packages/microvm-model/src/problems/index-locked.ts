import { problem } from "./problem.js";

/**
 * Index of another VM
 *
 * The lock file contains the index of every VM, so that VMs keep their addresses when you add or remove others. `index` cannot
 * take the index of another VM of the config. To move that VM, set its `index` too.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: { index: 3 }, b: {} } }
 * ```
 *
 * with this lock file:
 *
 * ```json lock
 * { "version": 1, "hosts": { "h": { "b": 3 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: { index: 3 }, b: { index: 4 } } }
 * ```
 */
export const indexLocked = problem("index-locked", "error");
