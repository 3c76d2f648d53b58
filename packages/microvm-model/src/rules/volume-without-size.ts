import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** An image that is made has a size (microvm.nix lib/volumes.nix throws). */
export const volumeWithoutSize = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ sizeMiB, autoCreate }) => sizeMiB === null && autoCreate)
      .map(({ path, image }) =>
        error(
          "volume-without-size",
          path,
          `${image} is made when it is missing, and nothing says how large`,
          "Set `sizeMiB`, or autoCreate: false for an image that is there already.",
        ),
      ),
  );
