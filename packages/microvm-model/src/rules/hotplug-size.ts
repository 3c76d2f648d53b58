import type { HostPlan } from "../plan/plan.js";
import { error, type Problem, warning } from "../problems/problem.js";

/** What is there at the start is part of the most there can be, and cloud-hypervisor takes that most as the base size too. */
export const hotplugSize = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, machine: { hypervisor, hotplug, memoryMiB } }): readonly Problem[] => {
    if (hotplug === null) return [];
    const { maxMiB, initialMiB } = hotplug;
    if (initialMiB !== null && initialMiB > maxMiB)
      return [
        error(
          "hotplug-size",
          [...path, "hotplug", "initialMiB"],
          `The guest would start with ${String(initialMiB)} MiB of at most ${String(maxMiB)} MiB`,
          "Raise `maxMiB`, or lower `initialMiB`.",
        ),
      ];
    return hypervisor === "cloud-hypervisor" && maxMiB !== memoryMiB
      ? [
          warning(
            "hotplug-size",
            [...path, "hotplug", "maxMiB"],
            `microvm.nix starts cloud-hypervisor with maxMiB (${String(maxMiB)}) in place of memoryMiB (${String(memoryMiB)})`,
            "Give both the same value, so that the guest has the memory that the config says.",
          ),
        ]
      : [];
  });
