import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Too little memory
 *
 * microvm.nix warns below 32 MiB: NixOS cannot boot with so little (asserts.nix). A common cause is a value in GiB.
 *
 * ## Fails
 *
 * ```ts vm
 * { memoryMiB: 4 }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { memoryMiB: 4096 }
 * ```
 */
const littleMemory = problem("little-memory", "warning");

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { memoryMiB } }) => memoryMiB < leastMiB)
    .map(({ path, machine: { memoryMiB } }) =>
      littleMemory([...path, "memoryMiB"], `NixOS cannot boot with ${String(memoryMiB)} MiB`, "Set 512 MiB or more."),
    );

const leastMiB = 32;
