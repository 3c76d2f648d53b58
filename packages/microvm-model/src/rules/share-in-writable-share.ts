import { ownName } from "../own-folders.js";
import type { HostPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * A folder that lies in one that a guest may write, this or another, can be replaced by a link to any other of the host's.
 * What lies in what is another VM's own is told of by `dangerousShare`.
 */
export const shareInWritableShare = (host: HostPlan): readonly Problem[] => {
  const ofAll = writableFolders(host.vms);
  return host.vms.flatMap((vm) => {
    const ofOwn = writableFolders([vm]);
    return vm.shares.flatMap(({ path, source }) => {
      const [outer] = [...ofOwn.around(source), ...ofAll.around(source)];
      return outer === undefined || (outer.vm !== vm.name && ownName(outer.share) !== undefined)
        ? []
        : [
            warning(
              "share-in-writable-share",
              path,
              `${source} lies in ${outer.share.source}, which ${outer.vm} may write: its agent can read what is there, and replace it`,
              "Put the folder elsewhere.",
              [{ path: outer.share.path, note: "the folder it lies in" }],
            ),
          ];
    });
  });
};
