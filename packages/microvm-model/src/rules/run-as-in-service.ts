import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Service cannot change its user
 *
 * With `runAs`, QEMU starts as root and becomes another user. microvm.nix's services start QEMU as the user microvm, so
 * QEMU fails (nixos-modules/host/default.nix).
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

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor, runAs } }) => hypervisor === "qemu" && runAs !== null && runAs !== "microvm")
    .map(({ path, machine: { runAs } }) =>
      runAsInService(
        [...path, "runAs"],
        `The VM's service runs as microvm, which cannot become ${String(runAs)}`,
        "Remove `runAs`, or start the runner as root by hand.",
      ),
    );
