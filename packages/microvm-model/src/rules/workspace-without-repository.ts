import type { Rule } from "./rule.js";
import type { ConfigSource } from "./config-source.js";
import type { SharePlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * The guest has no Git repository
 *
 * In a linked worktree (`git worktree add`) and in a submodule, `.git` is a file with the path of a Git directory
 * elsewhere (gitrepository-layout(5)). If a VM only has the folder, `git status` fails there with `not a git
 * repository`.
 *
 * | you want | do |
 * | --- | --- |
 * | a separate repository for the VM | `workspace: { repo: "~/src/project" }`: [a repository in the
 * VM](../../../docs/workspaces.md#a-repository-in-the-vm) |
 * | the worktree, with its main repository | share the main repository too, at the same path: the agent can then change every branch and hook |
 * | the submodule, with its superproject | use the superproject as `workspace` |
 * | only the files | [silence](../../../docs/problems.md#silencing) the warning |
 *
 * The agent may have written the `.git` file. Check that the path in the warning is your repository before you share it.
 *
 * The warning only appears if `microvm-emit` runs on the machine that has the folder.
 *
 * ## Example
 *
 * With `workspace: "~/src/project-fix"` in the config, this worktree gives the warning:
 *
 * ```bash
 * git -C ~/src/project worktree add ~/src/project-fix
 * ```
 *
 * Sharing the repository too, with `shares: [{ tag: "project", source: "~/src/project" }]`, fixes it. So does a clone instead of the
 * worktree: `git clone ~/src/project ~/src/project-fix`.
 */
const workspaceWithoutRepository = problem("workspace-without-repository", "warning");

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

/** A `.git` file contains an absolute path, which only works in the guest if the share is mounted at its own path. */
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

/** A linked worktree also uses the Git directory of its repository (git-worktree(1)). */
const commonDirOf = (gitDir: string): string => gitDir.replace(/(?<=.)\/worktrees\/[^/]+$/, "");

/** The folder to share: the work tree of the Git directory, or a bare repository itself. */
const repositoryOf = (commonDir: string): string => /^(.+?)\/\.git(?:\/|$)/.exec(commonDir)?.[1] ?? commonDir;

const isBelow = (outer: string, path: string): boolean => path === outer || path.startsWith(`${outer}/`);
