import type { ConfigSource } from "./config-source.js";
import { hasScriptedInitrd } from "../catalogue/hypervisors.js";
import { releaseOfInput } from "../plan/nixpkgs-release.js";
import type { HostPlan, InputPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** NixOS 26.05 deprecates the scripted initrd, and plans to remove it in 26.11 (its release notes). */
export const scriptedInitrd = (host: HostPlan, _: ConfigSource, inputs: readonly InputPlan[]): readonly Problem[] =>
  host.vms.flatMap(({ path, machine: { hypervisor }, guest: { nixpkgs } }) => {
    const release = hasScriptedInitrd(hypervisor) ? releaseOfInput(inputs, nixpkgs ?? "nixpkgs") : null;
    if (release === null || release < "26.05") return [];
    return [
      warning(
        "scripted-initrd",
        [...path, "hypervisor"],
        `${hypervisor} starts guests by NixOS's scripted initrd, which ${
          release === "26.05" ? "26.05 deprecates and 26.11 removes" : "NixOS removes in 26.11"
        }`,
        'Use hypervisor "cloud-hypervisor", "qemu" or "firecracker".',
      ),
    ];
  });
