import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** All VMs of a host share one namespace, that of their services. */
export const duplicateVm = (host: HostPlan): readonly Problem[] =>
  host.importedVms.flatMap(({ name, path }) => {
    const described = host.vms.find((vm) => vm.name === name);
    return described === undefined
      ? []
      : [
          error("duplicate-vm", path, `${name} is described here, and imported too`, "Call one of them otherwise.", [
            { path: described.path, note: "described here" },
          ]),
        ];
  });
