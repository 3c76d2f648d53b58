import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The balloon holds all of the guest's memory
 *
 * A balloon that is as large as the guest's memory at the start leaves the kernel nothing to start with.
 *
 * ## Fails
 *
 * ```ts vm
 * { memoryMiB: 1024, balloon: { initialMiB: 1024 } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { memoryMiB: 4096, balloon: { initialMiB: 1024 } }
 * ```
 */
const balloonSize = problem("balloon-size", "error");

/** A balloon that holds all of the memory leaves the guest none to start with. */
export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { balloon, memoryMiB } }) => balloon !== null && balloon.initialMiB >= memoryMiB)
    .map(({ path, machine: { balloon, memoryMiB } }) =>
      balloonSize(
        [...path, "balloon", "initialMiB"],
        `The balloon would hold ${String(balloon?.initialMiB)} MiB of the guest's ${String(memoryMiB)} MiB`,
        "Leave the guest enough to start with.",
      ),
    );
