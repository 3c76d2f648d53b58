import { placesOf } from "../common/as-mounted.js";
import type { ConfigSource } from "./config-source.js";
import { ownName, reasonAt } from "../plan/own-folders.js";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * A guest that writes the outer folder can replace the inner one by a link to any folder of the host, which root then shares.
 * `dangerousShare` reports folders in another VM's own.
 */
export const shareInWritableShare = (host: HostPlan, { realPath }: ConfigSource): readonly Problem[] => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  const ofAll = writableFolders(host.vms, places);
  return host.vms.flatMap((vm) => {
    const ofOwn = writableFolders([vm], places);
    return vm.storage.shares.flatMap((share) => {
      if (share.dangerous !== null) return [];
      const [outer] = [ofOwn, ofAll].flatMap(({ around }) => places(share.source).flatMap(around));
      return outer === undefined || (outer.vm !== vm.name && ownName(outer.share) !== undefined)
        ? []
        : [
            error(
              "share-in-writable-share",
              share.path,
              `${share.source} lies in ${outer.share.source}, which ${outer.vm} may write: its agent can read the folder, and replace it by a link`,
              `Put the folder elsewhere${reasonAt(share)}.`,
              [{ path: outer.share.path, note: "the folder it lies in" }],
            ),
          ];
    });
  });
};
