import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Limit below the guest's memory
 *
 * The host kills the VM at `limits.memoryMiB`. The limit must cover the guest's memory (`memoryMiB` and all of
 * `hotplug`), plus 256 MiB for the hypervisor and the kernel. Huge pages do not count.
 *
 * ## Fails
 *
 * ```ts vm
 * { memoryMiB: 4096, limits: { memoryMiB: 4096 } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { memoryMiB: 4096, limits: { memoryMiB: 6144 } }
 * ```
 */
const memoryLimit = problem("memory-limit", "error");

/** Memory of the hypervisor and of the kernel's mappings of guest memory. */
const besidesGuestMiB = 256;

export const check: Rule = (host) =>
  host.vms.flatMap(({ path, machine: { limits, memoryMiB, hotplug, hugepages } }) => {
    const least = memoryMiB + (hotplug?.maxMiB ?? 0) + besidesGuestMiB;
    return limits.memoryMiB === null || hugepages || limits.memoryMiB >= least
      ? []
      : [
          memoryLimit(
            [...path, "limits", "memoryMiB"],
            `The limit of ${String(limits.memoryMiB)} MiB is below the ${String(least)} MiB that the guest and its hypervisor can use`,
            `Raise the limit to ${String(least)} or more, or reduce the guest's memory.`,
          ),
        ];
  });
