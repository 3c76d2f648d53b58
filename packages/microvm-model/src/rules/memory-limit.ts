import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** For the hypervisor itself, and for what the kernel keeps to map a guest's memory. */
const besidesGuestMiB = 256;

/** A VM is killed at its limit, which a guest comes to that uses the memory that it has. Huge pages count for no limit. */
export const memoryLimit = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, machine: { limits, memoryMiB, hotplug, hugepages } }) => {
    const least = memoryMiB + (hotplug?.maxMiB ?? 0) + besidesGuestMiB;
    return limits.memoryMiB === null || hugepages || limits.memoryMiB >= least
      ? []
      : [
          error(
            "memory-limit",
            [...path, "limits", "memoryMiB"],
            `The VM would be killed at ${String(limits.memoryMiB)} MiB, and its guest's memory with the hypervisor comes to ${String(least)} MiB`,
            `Raise the limit to ${String(least)} or more, or give the guest less memory.`,
          ),
        ];
  });
