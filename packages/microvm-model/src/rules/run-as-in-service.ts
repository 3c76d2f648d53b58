import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The VM's service cannot become another user
 *
 * `runAs` lets QEMU drop root's rights. The services of microvm.nix's host module never have them: they run as the user
 * microvm, and QEMU fails when it tries to become another.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", runAs: "alice" }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu" }
 * ```
 */
const runAsInService = problem("run-as-in-service", "warning");

/** To become another user QEMU starts as root, and the host's service starts it as the user microvm (microvm.nix host/default.nix). */
export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor, runAs } }) => hypervisor === "qemu" && runAs !== null && runAs !== "microvm")
    .map(({ path, machine: { runAs } }) =>
      runAsInService(
        [...path, "runAs"],
        `The VM's service runs as microvm, which cannot become ${String(runAs)}`,
        "Leave `runAs` out, or start the runner as root by hand.",
      ),
    );
