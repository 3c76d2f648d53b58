import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Former name used twice
 *
 * `renamedFrom` gives a VM the index of its former name. Only one VM can have that index.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { a: { renamedFrom: "old" }, b: { renamedFrom: "old" } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { a: { renamedFrom: "old" }, b: {} } }
 * ```
 *
 * with this lock file:
 *
 * ```json lock
 * { "version": 2, "hosts": { "h": { "old": 0 } } }
 * ```
 */
const duplicateRenamedFrom = problem("duplicate-renamed-from", "error");

export const check: Rule = (host) =>
  repeated(
    duplicateRenamedFrom,
    "former name",
    "Remove `renamedFrom` from one of the VMs.",
    host.vms.flatMap(({ path, renamedFrom }) =>
      renamedFrom === null ? [] : [{ value: renamedFrom, path: [...path, "renamedFrom"] }],
    ),
  );
