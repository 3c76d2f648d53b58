import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** QEMU's microvm machine hangs at one size of memory (https://github.com/microvm-nix/microvm.nix/issues/171). */
export const qemuMemory = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { hypervisor, memoryMiB } }) => hypervisor === "qemu" && memoryMiB === 2048)
    .map(({ path }) =>
      error("qemu-memory", [...path, "memoryMiB"], "QEMU hangs with exactly 2048 MiB", "Use 2047 or 2049."),
    );
