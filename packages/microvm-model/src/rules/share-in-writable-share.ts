import type { HostPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";

/** A folder that lies in one the guest may write can be replaced by a link to any other of the host's. */
export const shareInWritableShare = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ shares, name }) =>
    shares.flatMap((inner) => {
      const outer = shares.find(({ source, readOnly }) => !readOnly && inner.source.startsWith(`${source}/`));
      return outer === undefined
        ? []
        : [
            warning(
              "share-in-writable-share",
              inner.path,
              `${inner.source} lies in ${outer.source}, which ${name} may write: its agent can read what is there, and replace it`,
              "Put the folder elsewhere.",
              [{ path: outer.path, note: "the folder it lies in" }],
            ),
          ];
    }),
  );
