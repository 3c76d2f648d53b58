import { hypervisors } from "../catalogue/hypervisors.js";
import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** What is said to one hypervisor, another does not read. */
export const otherHypervisor = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, machine: { hypervisor, options } }) => {
    const blocks = new Set(options.map(({ option: [block] }) => block));
    return hypervisors
      .filter((name) => name !== hypervisor && blocks.has(name))
      .map((name) =>
        warning(
          "other-hypervisor",
          [...path, "microvm", name],
          `This is for ${name}, and the VM runs with ${hypervisor}`,
          `Take it out, or set hypervisor: "${name}".`,
          [{ path: [...path, "hypervisor"], note: "what the VM runs with" }],
        ),
      );
  });
