import { needsMacos } from "../catalogue/hypervisors.js";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** vfkit drives macOS's own virtualization, and its runner throws on any other system (microvm.nix lib/runners/vfkit.nix). */
export const hypervisorNeedsMacos = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ machine: { hypervisor } }) => needsMacos(hypervisor))
    .map(({ path, machine: { hypervisor } }) =>
      error(
        "hypervisor-needs-macos",
        [...path, "hypervisor"],
        `${hypervisor} runs on macOS only, and ${host.name} is a NixOS host`,
        'Use "cloud-hypervisor" or "qemu".',
      ),
    );
