import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** The small QEMU that `optimize` picks shows every file of a 9p share as root's (microvm.nix#599). */
export const shareOwnedByRoot = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ machine: { hypervisor, graphics, options }, storage: { shares } }) => {
    const isOptimized = !options.some(
      ({ option, value }) => option.join(".") === "optimize.enable" && value.kind === "data" && value.data === false,
    );
    return hypervisor !== "qemu" || graphics !== null || !isOptimized
      ? []
      : shares
          .filter(({ proto }) => proto === "9p")
          .map(({ path, tag }) =>
            warning(
              "share-owned-by-root",
              [...path, "proto"],
              `Every file of ${tag.value} is root's in the guest, with the small QEMU that microvm.nix builds`,
              'Use proto "virtiofs", or set `microvm.optimize.enable` to false.',
            ),
          );
  });
