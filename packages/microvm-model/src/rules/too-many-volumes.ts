import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** Disks are named by one letter each, of which the store's takes the first; microvm.nix drops the rest (lib/default.nix). */
export const tooManyVolumes = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, name, storage: { shares, volumes } }) => {
    const most = shares.some(({ source }) => source === "/nix/store") ? 26 : 25;
    return volumes.length <= most
      ? []
      : [
          error(
            "too-many-volumes",
            [...path, "volumes"],
            `${name} has ${String(volumes.length)} volumes, and microvm.nix would leave out all after the first ${String(most)}`,
            "Put several folders on one volume.",
          ),
        ];
  });
