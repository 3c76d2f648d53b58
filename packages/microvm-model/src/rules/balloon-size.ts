import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A balloon that holds all of the memory leaves the guest none to start with. */
export const balloonSize = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { balloon, memoryMiB } }) => balloon !== null && balloon.initialMiB >= memoryMiB)
    .map(({ path, machine: { balloon, memoryMiB } }) =>
      error(
        "balloon-size",
        [...path, "balloon", "initialMiB"],
        `The balloon would hold ${String(balloon?.initialMiB)} MiB of the guest's ${String(memoryMiB)} MiB`,
        "Leave the guest enough to start with.",
      ),
    );
