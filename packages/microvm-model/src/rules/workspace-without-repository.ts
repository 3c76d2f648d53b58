import type { ConfigSource } from "./config-source.js";
import type { HostPlan, SharePlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** In a linked worktree or a submodule, `.git` is a file that refers to a Git directory elsewhere (gitrepository-layout(5)). */
export const workspaceWithoutRepository = (host: HostPlan, { realPath, gitDirOf }: ConfigSource): readonly Problem[] =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares.flatMap((share) => {
      const { path, source } = share;
      const gitDir = gitDirOf(source);
      if (gitDir === undefined) return [];
      const commonDir = commonDirOf(gitDir);
      if (shares.some((other) => shows(other, other === share, commonDir, realPath))) return [];
      const repository = repositoryOf(commonDir);
      const isWithin = [source, realPath(source)].some((folder) => isBelow(repository, folder));
      return [
        warning(
          "workspace-without-repository",
          path,
          `${source} has no Git repository in the guest: its .git file refers to ${gitDir}, which is not shared`,
          `Use a clone (git clone), or share ${repository} ${isWithin ? "instead" : "too, at the same path"}.`,
        ),
      ];
    }),
  );

/** `.git` files hold absolute paths, which lead to the same folder in the guest only where a share is mounted at its own path. */
const shows = (
  { source, mountPoint }: SharePlan,
  isOwn: boolean,
  folder: string,
  realPath: ConfigSource["realPath"],
): boolean => {
  const places = [source, realPath(source)];
  return isOwn
    ? places.some((place) => isBelow(place, folder))
    : places.includes(mountPoint.value) && isBelow(mountPoint.value, folder);
};

/** A linked worktree uses the repository's own Git directory besides its own (git-worktree(1)). */
const commonDirOf = (gitDir: string): string => gitDir.replace(/(?<=.)\/worktrees\/[^/]+$/, "");

/** The folder to share: the work tree that the Git directory belongs to, or the Git directory of a bare repository. */
const repositoryOf = (commonDir: string): string => /^(.+?)\/\.git(?:\/|$)/.exec(commonDir)?.[1] ?? commonDir;

const isBelow = (outer: string, path: string): boolean => path === outer || path.startsWith(`${outer}/`);
