import type { Rule } from "./rule.js";
import { type Problem, problem } from "../problems/problem.js";

/**
 * Memory sizes do not fit
 *
 * `initialMiB` is part of `maxMiB`, so it cannot be larger. With cloud-hypervisor, microvm.nix boots the guest with
 * `maxMiB` instead of `memoryMiB`: memoryMiB 4096 with maxMiB 512 gives a guest of 512 MiB. microvm.nix checks neither.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ path, machine: { hypervisor, hotplug, memoryMiB } }): readonly Problem[] => {
    if (hotplug === null) return [];
    const { maxMiB, initialMiB } = hotplug;
    if (initialMiB !== null && initialMiB > maxMiB)
      return [
        hotplugSize.error(
          [...path, "hotplug", "initialMiB"],
          `\`initialMiB\` ${String(initialMiB)} is larger than \`maxMiB\` ${String(maxMiB)}`,
          "Raise `maxMiB`, or lower `initialMiB`.",
        ),
      ];
    return hypervisor === "cloud-hypervisor" && maxMiB !== memoryMiB
      ? [
          hotplugSize.warning(
            [...path, "hotplug", "maxMiB"],
            `microvm.nix boots cloud-hypervisor with maxMiB (${String(maxMiB)}) instead of memoryMiB (${String(memoryMiB)})`,
            "Set both to the same value.",
          ),
        ]
      : [];
  });
