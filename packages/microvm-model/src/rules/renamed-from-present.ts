import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The former name is still a VM
 *
 * `renamedFrom` gives a VM the index of the VM that it was, so its former name cannot be the name of another VM of the host.
 *
 * ## Fails
 *
 * ```ts host
 * { vms: { old: {}, new: { renamedFrom: "old" } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { vms: { new: { renamedFrom: "old" } } }
 * ```
 *
 * with this lock file:
 *
 * ```json lock
 * { "version": 2, "hosts": { "h": { "old": 0 } } }
 * ```
 */
const renamedFromPresent = problem("renamed-from-present", "error");

/** A former name belongs to no VM of the host: two VMs would claim one index. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ name, path, renamedFrom }) => {
    const present = renamedFrom === null ? undefined : host.vms.find((vm) => vm.name === renamedFrom);
    return present === undefined
      ? []
      : [
          renamedFromPresent(
            [...path, "renamedFrom"],
            `${name} is renamed from ${present.name}, which is still a VM of this host`,
            `Remove \`renamedFrom\`, or the VM ${present.name}.`,
            [{ path: present.path, note: "still here" }],
          ),
        ];
  });
