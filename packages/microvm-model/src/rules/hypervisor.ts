import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** What a hypervisor cannot do (microvm.nix throws when it builds the runner, lib/runners/cloud-hypervisor.nix). */
export const hypervisor = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter((vm) => vm.hypervisor === "cloud-hypervisor")
    .flatMap(({ shares }) =>
      shares
        .filter(({ proto }) => proto === "9p")
        .map(({ path, tag }) =>
          error(
            "unsupported-share-proto",
            [...path, "proto"],
            `cloud-hypervisor cannot share ${tag.value} over 9p`,
            'Use proto "virtiofs", or hypervisor "qemu".',
          ),
        ),
    );
