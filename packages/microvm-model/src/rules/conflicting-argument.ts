import { textsOf } from "../microvm-options.js";
import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** What the VM says and cloud-hypervisor's `extraArgs` say again makes the runner throw (microvm.nix runners/cloud-hypervisor.nix). */
export const conflictingArgument = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ hypervisor }) => hypervisor === "cloud-hypervisor")
    .flatMap((vm) => {
      const given = textsOf(vm.options, "cloud-hypervisor.extraArgs");
      return clashes
        .filter(({ option, part }) =>
          given.some((text, at) => text === option && given[at + 1]?.includes(part) === true),
        )
        .filter(({ setting }) => setting !== "vsock" || vm.vsockCid !== null)
        .map(({ option, part, setting }) =>
          error(
            "conflicting-argument",
            [...vm.path, "microvm", "cloud-hypervisor", "extraArgs"],
            `${option} ${part}… says again what the VM's \`${setting}\` says`,
            `Take it out, and set \`${setting}\`.`,
          ),
        );
    });

const clashes = [
  { option: "--vsock", part: "cid=", setting: "vsock" },
  { option: "--cpus", part: "boot=", setting: "vcpu" },
] as const;
