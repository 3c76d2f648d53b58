import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * QEMU hangs with exactly 2048 MiB
 *
 * A microVM with exactly 2 GiB hangs at its start under QEMU: https://github.com/microvm-nix/microvm.nix/issues/171. One
 * MiB more or less does not.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", memoryMiB: 2048 }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", memoryMiB: 2049 }
 * ```
 */
const qemuMemory = problem("qemu-memory", "error");

/** QEMU's microvm machine hangs at one size of memory (https://github.com/microvm-nix/microvm.nix/issues/171). */
export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor, memoryMiB } }) => hypervisor === "qemu" && memoryMiB === 2048)
    .map(({ path }) => qemuMemory([...path, "memoryMiB"], "QEMU hangs with exactly 2048 MiB", "Use 2047 or 2049."));
