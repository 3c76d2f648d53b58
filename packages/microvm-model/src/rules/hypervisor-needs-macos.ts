import type { Rule } from "./rule.js";
import { needsMacos } from "../catalogue/hypervisors.js";
import { problem } from "../problems/problem.js";

/**
 * Hypervisor for macOS only
 *
 * vfkit uses the virtualization of macOS. On NixOS, its runner throws, so the host does not build (microvm.nix
 * lib/runners/vfkit.nix).
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

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor } }) => needsMacos(hypervisor))
    .map(({ path, machine: { hypervisor } }) =>
      hypervisorNeedsMacos(
        [...path, "hypervisor"],
        `${hypervisor} only runs on macOS, and ${host.name} is a NixOS host`,
        'Use "cloud-hypervisor" or "qemu".',
      ),
    );
