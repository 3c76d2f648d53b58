import type { Rule } from "./rule.js";
import { hasScriptedInitrd } from "../catalogue/hypervisors.js";
import { releaseOfInput } from "../plan/nixpkgs-release.js";
import { problem } from "../problems/problem.js";

/**
 * Hypervisor needs the scripted initrd
 *
 * microvm.nix boots guests of `alioth`, `crosvm` and `kvmtool` with the scripted initrd of NixOS: with systemd's initrd,
 * `crosvm` and `kvmtool` cannot mount `/nix/store`. NixOS 26.05 deprecates the scripted initrd and warns at each
 * evaluation; 26.11 removes it.
 *
 * The warning appears if the guest's nixpkgs follows 26.05 or later. A commit, a path or a fork is not checked.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "crosvm" }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu" }
 * ```
 */
const scriptedInitrd = problem("scripted-initrd", "warning");

export const check: Rule = (host, _, inputs) =>
  host.vms.flatMap(({ path, machine: { hypervisor }, guest: { nixpkgs } }) => {
    const release = hasScriptedInitrd(hypervisor) ? releaseOfInput(inputs, nixpkgs ?? "nixpkgs") : null;
    if (release === null || release < "26.05") return [];
    return [
      scriptedInitrd(
        [...path, "hypervisor"],
        `${hypervisor} needs NixOS's scripted initrd, which ${
          release === "26.05" ? "26.05 deprecates and 26.11 removes" : "NixOS removes in 26.11"
        }`,
        'Use hypervisor "cloud-hypervisor", "qemu" or "firecracker".',
      ),
    ];
  });
