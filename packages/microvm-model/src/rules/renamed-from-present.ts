import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A former name belongs to no VM of the host: two VMs would claim one index. */
export const renamedFromPresent = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ name, path, renamedFrom }) => {
    const present = renamedFrom === null ? undefined : host.vms.find((vm) => vm.name === renamedFrom);
    return present === undefined
      ? []
      : [
          error(
            "renamed-from-present",
            [...path, "renamedFrom"],
            `${name} is renamed from ${present.name}, which is still a VM of this host`,
            `Remove \`renamedFrom\`, or the VM ${present.name}.`,
            [{ path: present.path, note: "still here" }],
          ),
        ];
  });
