import { problem } from "./problem.js";

/**
 * VM moved to another index
 *
 * Two branches that each add a VM may give both the same index. After the merge, the VM of the checked-out branch keeps
 * its index. The other VM gets a new index, and so a new tap, MAC, address and vsock CID. The warning appears once,
 * because the lock file then has the new index.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: {}, b: {} } }
 * ```
 *
 * with a merged lock file:
 *
 * ```json lock
 * { "version": 2, "hosts": { "h": { "a": 0, "b": 0 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: {}, b: {} } }
 * ```
 *
 * ```json lock
 * { "version": 2, "hosts": { "h": { "a": 0, "b": 1 } } }
 * ```
 */
export const indexMoved = problem("index-moved", "warning");
