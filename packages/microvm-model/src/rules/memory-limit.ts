import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The limit is less than the guest's memory
 *
 * At `limits.memoryMiB` the host kills the VM. The limit counts the guest's memory, `memoryMiB` and all of `hotplug`, of which a
 * guest sooner or later uses all, and what the hypervisor and the kernel need besides: 256 MiB are asked for.
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

/** For the hypervisor itself, and for what the kernel keeps to map a guest's memory. */
const besidesGuestMiB = 256;

/** A VM is killed at its limit, which a guest comes to that uses the memory that it has. Huge pages count for no limit. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ path, machine: { limits, memoryMiB, hotplug, hugepages } }) => {
    const least = memoryMiB + (hotplug?.maxMiB ?? 0) + besidesGuestMiB;
    return limits.memoryMiB === null || hugepages || limits.memoryMiB >= least
      ? []
      : [
          memoryLimit(
            [...path, "limits", "memoryMiB"],
            `The VM would be killed at ${String(limits.memoryMiB)} MiB, and its guest's memory with the hypervisor comes to ${String(least)} MiB`,
            `Raise the limit to ${String(least)} or more, or give the guest less memory.`,
          ),
        ];
  });
