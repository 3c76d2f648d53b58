import type { Rule } from "./rule.js";
import { placesOf } from "../common/as-mounted.js";
import { ownName, reasonAt } from "../plan/own-folders.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * A share lies in a writable share
 *
 * A guest that may write the outer folder can read the inner one, and replace it by a link to any other folder of the host. The next start would
 * share that folder. Both folders may be of one VM or of two, and links are followed on the machine that reads the config.
 *
 * If the inner share must be there, say why with `dangerous`. Links in its path are refused when the VM starts, but a running guest may
 * swap them in that moment.
 *
 * ## Fails
 *
 * ```ts vm
 * { workspace: "~/work", shares: [{ tag: "keys", source: "~/work/keys", mountPoint: "/keys", readOnly: true }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { workspace: "~/work", shares: [{ tag: "keys", source: "~/keys", mountPoint: "/keys", readOnly: true }] }
 * ```
 */
const shareInWritableShare = problem("share-in-writable-share", "error");

/**
 * A guest that writes the outer folder can replace the inner one by a link to any folder of the host, which root then shares.
 * `dangerousShare` reports folders in another VM's own.
 */
export const check: Rule = (host, { realPath }) => {
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
            shareInWritableShare(
              share.path,
              `${share.source} lies in ${outer.share.source}, which ${outer.vm} may write: its agent can read the folder, and replace it by a link`,
              `Put the folder elsewhere${reasonAt(share)}.`,
              [{ path: outer.share.path, note: "the folder it lies in" }],
            ),
          ];
    });
  });
};
