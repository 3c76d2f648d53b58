import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** A label is given when the file system is made (microvm.nix lib/volumes.nix warns). */
export const labelWithoutCreation = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ label, autoCreate }) => label !== null && !autoCreate)
      .map(({ path, label, image }) =>
        warning(
          "label-without-creation",
          [...path, "label"],
          `Nobody labels ${image}, which is not made here, and the guest looks for the label ${String(label)}`,
          "Label the file system yourself, with e2label(8) or the like, or leave `label` out.",
        ),
      ),
  );
