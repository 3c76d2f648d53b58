import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** To become another user QEMU starts as root, and the host's service starts it as the user microvm (microvm.nix host/default.nix). */
export const runAsInService = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { hypervisor, runAs } }) => hypervisor === "qemu" && runAs !== null && runAs !== "microvm")
    .map(({ path, machine: { runAs } }) =>
      warning(
        "run-as-in-service",
        [...path, "runAs"],
        `The VM's service runs as microvm, which cannot become ${String(runAs)}`,
        "Leave `runAs` out, or start the runner as root by hand.",
      ),
    );
