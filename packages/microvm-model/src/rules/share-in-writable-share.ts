import type { Rule } from "./rule.js";
import { placesOf } from "../common/as-mounted.js";
import { ownName, reasonAt } from "../plan/own-folders.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * Share inside a writable share
 *
 * A guest that can write the outer folder can read the inner one, and replace it with a symlink to any folder of the
 * host. The next start would share that folder. The folders may belong to one VM or to two. Symlinks are followed on the
 * machine that reads the config.
 *
 * If the inner share is necessary, give the reason in `dangerous`. The VM does not start with a symlink in the path, but
 * a running guest can replace the folder at that moment.
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
              `${share.source} is in ${outer.share.source}, which the VM ${outer.vm} can write: its agent can read the inner folder, and replace it with a symlink`,
              `Put the folder elsewhere${reasonAt(share)}.`,
              [{ path: outer.share.path, note: "the outer share" }],
            ),
          ];
    });
  });
};
