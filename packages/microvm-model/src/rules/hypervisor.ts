import type { HostPlan, VmPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** What a hypervisor cannot do. */
export const hypervisor = (host: HostPlan): readonly Problem[] => host.vms.flatMap((vm) => limits[vm.hypervisor](vm));

const limits: Readonly<Record<VmPlan["hypervisor"], (vm: VmPlan) => readonly Problem[]>> = {
  // It throws when it builds the runner (microvm.nix lib/runners/cloud-hypervisor.nix).
  "cloud-hypervisor": ({ shares }) =>
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
  // https://github.com/microvm-nix/microvm.nix/issues/171
  qemu: ({ path, memoryMiB }) =>
    memoryMiB === 2048
      ? [error("qemu-memory", [...path, "memoryMiB"], "QEMU hangs with exactly 2048 MiB", "Use 2047 or 2049.")]
      : [],
};
