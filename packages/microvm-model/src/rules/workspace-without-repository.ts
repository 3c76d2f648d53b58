import type { Rule } from "./rule.js";
import type { ConfigSource } from "./config-source.js";
import type { SharePlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * The guest has no Git repository
 *
 * In a linked worktree (`git worktree add`) and in a submodule, `.git` is a file that refers to a Git directory outside of the folder. A VM that has the
 * folder alone as its workspace or share has the files, but no repository: `git status` fails there with `not a git repository`.
 *
 * | you want                               | do                                                                                               |
 * | -------------------------------------- | ------------------------------------------------------------------------------------------------ |
 * | a repository for the VM alone          | `git clone` the repository, and use the clone as `workspace`                                     |
 * | the worktree, with its main repository | share the main repository too, at the same path: the agent can then change every branch and hook |
 * | the submodule, with its superproject   | use the superproject as `workspace` in place of the submodule                                    |
 * | the files alone                        | [silence](../../../docs/problems.md#silencing) the warning                                       |
 *
 * The agent may have written the `.git` file. Check that the path in the warning is your repository before you share it.
 *
 * The warning only appears where `microvm-emit` runs on the machine that has the folder.
 *
 * ## Example
 *
 * With `workspace: "~/src/project-fix"` in the config, this gives the warning:
 *
 * ```bash
 * git -C ~/src/project worktree add ~/src/project-fix
 * ```
 *
 * With `shares: [{ tag: "project", source: "~/src/project" }]` besides, or after `git clone ~/src/project ~/src/project-fix` in place of the worktree, there
 * is none.
 */
const workspaceWithoutRepository = problem("workspace-without-repository", "warning");

/** In a linked worktree or a submodule, `.git` is a file that refers to a Git directory elsewhere (gitrepository-layout(5)). */
export const check: Rule = (host, { realPath, gitDirOf }) =>
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
        workspaceWithoutRepository(
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
