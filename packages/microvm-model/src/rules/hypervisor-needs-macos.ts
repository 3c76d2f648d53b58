import type { Rule } from "./rule.js";
import { needsMacos } from "../catalogue/hypervisors.js";
import { problem } from "../problems/problem.js";

/**
 * The hypervisor runs on macOS, and the host is NixOS
 *
 * vfkit drives the virtualization that macOS has; microvm.nix's runner for it throws on any other system, so that the
 * host would not build. The name and its options are known here, since they are microvm.nix's.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "vfkit", vsock: false }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu" }
 * ```
 */
const hypervisorNeedsMacos = problem("hypervisor-needs-macos", "error");

/** vfkit drives macOS's own virtualization, and its runner throws on any other system (microvm.nix lib/runners/vfkit.nix). */
export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor } }) => needsMacos(hypervisor))
    .map(({ path, machine: { hypervisor } }) =>
      hypervisorNeedsMacos(
        [...path, "hypervisor"],
        `${hypervisor} runs on macOS only, and ${host.name} is a NixOS host`,
        'Use "cloud-hypervisor" or "qemu".',
      ),
    );
