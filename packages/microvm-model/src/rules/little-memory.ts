import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The guest has hardly any memory
 *
 * microvm.nix warns below 32 MiB: a kernel and systemd do not start with so little. A value meant in GiB is the common
 * reason.
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

/** microvm.nix warns below 32 MiB, with which no NixOS starts (asserts.nix). */
export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { memoryMiB } }) => memoryMiB < leastMiB)
    .map(({ path, machine: { memoryMiB } }) =>
      littleMemory(
        [...path, "memoryMiB"],
        `${String(memoryMiB)} MiB are too little for a NixOS to start`,
        "Give the guest 512 MiB or more.",
      ),
    );

const leastMiB = 32;
