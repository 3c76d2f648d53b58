import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * QEMU hangs with 2048 MiB
 *
 * A microVM with exactly 2048 MiB hangs at boot under QEMU: https://github.com/microvm-nix/microvm.nix/issues/171. One
 * MiB more or less works.
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

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor, memoryMiB } }) => hypervisor === "qemu" && memoryMiB === 2048)
    .map(({ path }) => qemuMemory([...path, "memoryMiB"], "QEMU hangs with exactly 2048 MiB", "Use 2047 or 2049."));
