import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Balloon takes all memory
 *
 * A balloon takes `initialMiB` of the guest's memory at boot. If it takes all memory, the kernel cannot boot.
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

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { balloon, memoryMiB } }) => balloon !== null && balloon.initialMiB >= memoryMiB)
    .map(({ path, machine: { balloon, memoryMiB } }) =>
      balloonSize(
        [...path, "balloon", "initialMiB"],
        `The balloon takes ${String(balloon?.initialMiB)} MiB at boot, and the guest has ${String(memoryMiB)} MiB`,
        "Lower `initialMiB`.",
      ),
    );
