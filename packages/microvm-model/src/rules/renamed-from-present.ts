import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Former name is still a VM
 *
 * `renamedFrom` gives a VM the index of its former name. If the former name is still a VM, both would have one index.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ path, renamedFrom }) => {
    const present = renamedFrom === null ? undefined : host.vms.find((vm) => vm.name === renamedFrom);
    return present === undefined
      ? []
      : [
          renamedFromPresent(
            [...path, "renamedFrom"],
            `The former name ${present.name} is still a VM of this host`,
            `Remove \`renamedFrom\`, or the VM ${present.name}.`,
            [{ path: present.path, note: "still here" }],
          ),
        ];
  });
