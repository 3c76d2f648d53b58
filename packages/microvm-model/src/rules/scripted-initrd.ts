import type { Rule } from "./rule.js";
import { hasScriptedInitrd } from "../catalogue/hypervisors.js";
import { releaseOfInput } from "../plan/nixpkgs-release.js";
import { problem } from "../problems/problem.js";

/**
 * The hypervisor needs the scripted initrd
 *
 * microvm.nix starts guests of `alioth`, `crosvm` and `kvmtool` by the scripted initrd of NixOS: with systemd's, `crosvm` and `kvmtool`
 * fail to mount `/nix/store`. NixOS 26.05 deprecates the scripted initrd and prints a warning at each evaluation; 26.11 is to remove it.
 *
 * The warning appears when the guest's nixpkgs is known to follow 26.05 or later. It is not given for a commit, a path or a fork.
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

/** NixOS 26.05 deprecates the scripted initrd, and plans to remove it in 26.11 (its release notes). */
export const check: Rule = (host, _, inputs) =>
  host.vms.flatMap(({ path, machine: { hypervisor }, guest: { nixpkgs } }) => {
    const release = hasScriptedInitrd(hypervisor) ? releaseOfInput(inputs, nixpkgs ?? "nixpkgs") : null;
    if (release === null || release < "26.05") return [];
    return [
      scriptedInitrd(
        [...path, "hypervisor"],
        `${hypervisor} starts guests by NixOS's scripted initrd, which ${
          release === "26.05" ? "26.05 deprecates and 26.11 removes" : "NixOS removes in 26.11"
        }`,
        'Use hypervisor "cloud-hypervisor", "qemu" or "firecracker".',
      ),
    ];
  });
