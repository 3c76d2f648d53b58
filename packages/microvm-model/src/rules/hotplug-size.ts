import type { Rule } from "./rule.js";
import { type Problem, problem } from "../problems/problem.js";

/**
 * The sizes of hotplugged memory do not fit
 *
 * `initialMiB` is a part of `maxMiB`. microvm.nix checks neither that nor this: with cloud-hypervisor it puts `maxMiB`
 * in the place of `memoryMiB` as the size that the guest starts with, so that memoryMiB 4096 and maxMiB 512 give a guest
 * of 512 MiB.
 *
 * ## Fails
 *
 * ```ts vm
 * { memoryMiB: 4096, hotplug: { maxMiB: 512, initialMiB: 1024 } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { memoryMiB: 4096, hotplug: { maxMiB: 4096, initialMiB: 0 } }
 * ```
 */
const hotplugSize = problem("hotplug-size", "error or warning");

/** What is there at the start is part of the most there can be, and cloud-hypervisor takes that most as the base size too. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ path, machine: { hypervisor, hotplug, memoryMiB } }): readonly Problem[] => {
    if (hotplug === null) return [];
    const { maxMiB, initialMiB } = hotplug;
    if (initialMiB !== null && initialMiB > maxMiB)
      return [
        hotplugSize.error(
          [...path, "hotplug", "initialMiB"],
          `The guest would start with ${String(initialMiB)} MiB of at most ${String(maxMiB)} MiB`,
          "Raise `maxMiB`, or lower `initialMiB`.",
        ),
      ];
    return hypervisor === "cloud-hypervisor" && maxMiB !== memoryMiB
      ? [
          hotplugSize.warning(
            [...path, "hotplug", "maxMiB"],
            `microvm.nix starts cloud-hypervisor with maxMiB (${String(maxMiB)}) in place of memoryMiB (${String(memoryMiB)})`,
            "Give both the same value, so that the guest has the memory that the config says.",
          ),
        ]
      : [];
  });
