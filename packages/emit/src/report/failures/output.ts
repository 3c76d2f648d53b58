import type { Conflict, LossReason } from "../failure.js";
import type { Rows } from "./row.js";

/** Failures of reading revisions and of writing files. */
export const outputFailures = {
  /**
   * Output directory cannot be created
   *
   * A part of the output directory's path is a file.
   */
  "output-not-directory": {
    exitCode: 1,
    words: ({ dir, obstacle }) => ({
      subject: dir,
      message: `The output directory cannot be created: ${obstacle} is not a directory.`,
      remedy: "Move it away or choose another directory with -o.",
    }),
  },
  /**
   * Output directory not writable
   *
   * microvm-emit tests all paths before it writes, so nothing was changed.
   */
  "output-not-writable": {
    exitCode: 1,
    words: ({ paths, cause }) => ({
      message: `The output cannot be written: ${cause}.`,
      remedy: "Change the permissions or choose another directory with -o. Nothing was changed.",
      details: paths,
    }),
  },
  /**
   * Output would overwrite other files
   *
   * The run would overwrite or remove a file that you edited, that microvm-emit did not write, or that is a link or a
   * directory. Nothing was changed. Make your changes in the config or in your own module, which microvm-emit never
   * overwrites.
   *
   * A host imports every file in its folder `vms/`, including one that does not belong to a VM of the config, such as a
   * leftover of a merge. Delete such a file, or move your own module to the host's `modules`.
   *
   * In a merge, a file may have been edited on either branch: `git show :2:FILE` and `git show :3:FILE` print both
   * versions. Run again with `--force` once the edit is in the config.
   */
  "output-conflicts": {
    exitCode: 1,
    words: ({ dir, conflicts }) => ({
      subject: dir,
      message: "Files are in the way. Nothing was changed.",
      remedy: conflicts.every(({ reason }) => isLoss(reason))
        ? "Move them away, or run again with --force to overwrite them."
        : "Move them away.",
      details: conflicts.map(({ path, reason }) => `${path}: ${conflictWords[reason]}`),
    }),
  },
  /**
   * Output directory in use
   *
   * Only one run at a time changes an output directory. This one waited for ten seconds. A run that died does not block
   * the next one. A run cannot check processes on another machine or in another container: if such a run died, remove
   * the file that the remedy names.
   */
  "output-busy": {
    exitCode: 1,
    words: ({ dir, pid, entry }) => ({
      subject: dir,
      message: `Another run is writing there: process ${pid}.`,
      remedy: `Wait for it, then run again. If no such run exists, remove ${entry}.`,
    }),
  },
  /**
   * Output directory behind a symlink
   *
   * The path of the output directory contains a symbolic link to a folder outside the repository. The run could
   * overwrite another flake of yours there. Nothing was written. Use `-o` with the target of the link.
   * | the link is                                     | it leads                       | result     |
   * | ------------------------------------------------- | ------------------------------ | ---------- |
   * | in a git work tree                                | to a folder of that work tree  | followed   |
   * | in a git work tree                                | elsewhere                      | this error |
   * | at or below the folder of the config, without git | to a folder below the config's | followed   |
   * | at or below the folder of the config, without git | elsewhere                      | this error |
   * | anywhere else, where you made it                  | anywhere                       | followed   |
   */
  "output-through-link": {
    exitCode: 1,
    words: ({ dir, link }) => ({
      subject: dir,
      message: `The output directory leaves its repository through the symbolic link ${link}.`,
      remedy: "Remove the link, or pass its target with -o.",
    }),
  },
  /**
   * The flake is not current
   *
   * `--check` compares the flake on disk with the flake of the config and writes nothing. The report lists every file that a run would
   * write or remove. Run `microvm-emit` and commit the result: in CI, this keeps a config from being merged without its flake.
   *
   * Files that you edited by hand count too, because a run would report them.
   */
  "output-stale": {
    exitCode: 1,
    words: ({ dir, files }) => ({
      subject: dir,
      message: "The flake is not current: a run would change files.",
      remedy: "Run `microvm-emit` and commit the result.",
      details: files,
    }),
  },
  /**
   * State folder not usable
   *
   * A run keeps the old contents of the files that it changes in `$XDG_STATE_HOME/microvm-emit`
   * (`~/.local/state/microvm-emit` by default) until it is done. The folder must be yours, and no other user may write
   * to it. In a sandbox or for a user without a home, set `XDG_STATE_HOME`.
   */
  "state-unusable": {
    exitCode: 1,
    words: ({ folder, cause }) => ({
      subject: folder,
      message: `The state folder cannot be used: ${cause}.`,
      remedy: "Set XDG_STATE_HOME to a folder that only you can write to.",
    }),
  },
  /**
   * Damaged journal of an interrupted run
   *
   * A run that was interrupted left some files changed. The next run restores them from its journal, `journal.json` in
   * the folder that the message names, but that file is damaged. Nothing was changed. Restore the output directory
   * from version control, then remove the folder.
   */
  "journal-broken": {
    exitCode: 1,
    words: ({ dir, state }) => ({
      subject: dir,
      message: `An earlier run was interrupted, and its journal in ${state} is damaged.`,
      remedy: `Restore ${dir} from version control, then remove ${state}.`,
    }),
  },
  /**
   * Writing the output failed
   *
   * A common cause is a full or removed disk. The run restored all files that it had changed. If that failed too, or
   * after a crash or a power cut, the next run restores them first.
   */
  "write-failed": {
    exitCode: 1,
    words: ({ dir, cause, isUndone }) => ({
      subject: dir,
      message: `Writing failed: ${cause}.`,
      remedy: isUndone
        ? "Fix the cause and run again. All files are as before."
        : "Restoring the files failed too. Fix the cause and run again: the next run restores them first.",
    }),
  },
  /**
   * The config is not in git
   *
   * `diff` compares the config with the one of a commit. The config is in no git work tree, so there is no commit to
   * compare with.
   *
   * ```bash
   * git init && git add -A && git commit -m "hosts and their VMs"
   * ```
   */
  "not-in-git": {
    exitCode: 1,
    words: ({ dir }) => ({
      subject: dir,
      message: "The config is not in a git work tree, so it has no earlier revision.",
      remedy: "Run `git init` there and commit the config.",
    }),
  },
  /**
   * Git does not know the commit
   *
   * `diff` takes a commit as `git rev-parse` does: a branch, a tag, `HEAD~2` or a hash. In CI, a shallow clone may lack
   * the target branch of a pull request: fetch it first, such as with `git fetch --depth 1 origin main` and
   * `microvm-emit diff FETCH_HEAD`.
   *
   * A repository without commits and a repository of another user give this error too.
   */
  "revision-unknown": {
    exitCode: 1,
    words: ({ root, revision }) => ({
      subject: root,
      message: `Git knows no commit ${JSON.stringify(revision)}.`,
      remedy: "Name a branch, tag or commit; `git fetch` gets those of a remote.",
    }),
  },
  /**
   * The repository belongs to another user
   *
   * A config is a program, and `diff` runs the config of a commit. The repository must belong to you or to root:
   * otherwise its owner could run code as you. As root, `diff` refuses the repository of a user. Run it as that user.
   */
  "revision-of-another-user": {
    exitCode: 1,
    words: ({ root, uid }) => ({
      subject: root,
      message: `The repository belongs to another user (uid ${uid}), and loading its config would run that user's code.`,
      remedy: "Run the command as that user.",
    }),
  },
  /**
   * The earlier config cannot be planned
   *
   * The config of the commit has errors, or it cannot be loaded. The report lists them, with the file names of a
   * checkout of the commit. Common causes:
   *
   * - the config imports a package that is no longer installed, or a file of a submodule;
   * - this version of microvm-emit reports an error that the version of that time did not.
   *
   * Compare with a later commit.
   */
  "revision-broken": {
    exitCode: 1,
    words: ({ revision, failures }, diagnosticsOf) => ({
      message: `The config of ${revision} cannot be planned.`,
      remedy: "Name a later revision.",
      details: failures
        .flatMap(diagnosticsOf)
        .filter(({ severity }) => severity === "error")
        .map(({ code, subject, message }) => `${code}: ${subject === undefined ? "" : `${subject}: `}${message}`),
    }),
  },
} satisfies Partial<Rows>;

const conflictWords: Readonly<Record<Conflict["reason"], string>> = {
  edited: "edited by hand since it was emitted",
  "edited-on-branch": "edited by hand on one of the branches that git merges",
  merged: "changed since it was emitted, by hand or by a merge of its lines",
  foreign: "not written by microvm-emit",
  imported: "not part of the config, but the host imports every file of this folder",
  symlink: "a symbolic link, which is never followed or replaced",
  directory: "a directory in place of a file",
  "not-a-directory": "a file in place of a directory",
  special: "not a regular file",
  large: "larger than 64 MiB, unlike any emitted file",
};

const losses: Readonly<Record<LossReason, true>> = {
  edited: true,
  "edited-on-branch": true,
  merged: true,
  foreign: true,
  imported: true,
};
const isLoss = (reason: Conflict["reason"]): reason is LossReason => Object.hasOwn(losses, reason);
