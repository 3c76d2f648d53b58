import { problem } from "./problem.js";

/**
 * Unknown former name
 *
 * `renamedFrom` gives a VM the index that the lock file has for its former name. The lock file has no VM of that name,
 * so the VM gets a new index, and so a new tap, MAC, address and vsock CID. Correct the name and run `microvm-emit`
 * again: the VM then gets its former index back.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { new: { renamedFrom: "odl" } } }
 * ```
 *
 * with this lock file:
 *
 * ```json lock
 * { "version": 2, "hosts": { "h": { "old": 4 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { new: { renamedFrom: "old" } } }
 * ```
 *
 * ```json lock
 * { "version": 2, "hosts": { "h": { "old": 4 } } }
 * ```
 */
export const renamedFromUnknown = problem("renamed-from-unknown", "warning");
