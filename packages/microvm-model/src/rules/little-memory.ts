import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** microvm.nix warns below 32 MiB, with which no NixOS starts (asserts.nix). */
export const littleMemory = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { memoryMiB } }) => memoryMiB < leastMiB)
    .map(({ path, machine: { memoryMiB } }) =>
      warning(
        "little-memory",
        [...path, "memoryMiB"],
        `${String(memoryMiB)} MiB are too little for a NixOS to start`,
        "Give the guest 512 MiB or more.",
      ),
    );

const leastMiB = 32;
