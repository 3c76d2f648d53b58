import { asMounted, placesOf } from "../common/as-mounted.js";
import type { ConfigSource } from "./config-source.js";
import { indexFolders } from "../common/folder-index.js";
import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/** `dangerousShare` knows the modules that it can follow. Of the others, a guest may write one that the host runs. */
export const unfollowedModule = (host: HostPlan, { sources, realPath }: ConfigSource): readonly Problem[] => {
  const known = indexFolders(
    sources.filter(({ unfollowed }) => unfollowed === undefined).map(({ path }) => ({ folder: asMounted(path) })),
  );
  const isError = (folder: string): boolean =>
    [known.at, known.around, known.within].some((find) => find(folder).length > 0);
  const { at, around, within } = writableFolders(host.vms, (path) => placesOf(path, realPath));
  return sources.flatMap(({ path, what, unfollowed }) => {
    if (unfollowed === undefined) return [];
    const folder = asMounted(path);
    const found = [at, around, within]
      .flatMap((find) => find(folder))
      .find(({ folder: written, share: { dangerous } }) => dangerous === null && !isError(written));
    return found === undefined
      ? []
      : [
          warning(
            "unfollowed-module",
            found.share.path,
            `${found.vm} may write ${found.share.source}, which may hold ${what}: that file ${unfollowed}`,
            "Keep modules where no VM writes, or name each by its path.",
          ),
        ];
  });
};
