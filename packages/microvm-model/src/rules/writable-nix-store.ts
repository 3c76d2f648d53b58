import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** The host's store is shared for reading only: the article's share could be written by root in the guest. */
export const writableNixStore = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ name, storage: { shares } }) =>
    shares
      .filter(({ source, readOnly }) => !readOnly && /^\/nix(\/store(\/|$)|$)/.test(source))
      .map(({ path, source }) =>
        error(
          "writable-nix-store",
          path,
          `${name} could change ${source}, from which the host itself runs`,
          "Set readOnly: true.",
        ),
      ),
  );
