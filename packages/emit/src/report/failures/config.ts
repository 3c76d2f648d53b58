import { clip } from "@microvm-emit/model";
import { diagnosticOf } from "../problem-diagnostic.js";
import type { Rows } from "./row.js";

/** Failures of a config, its lock and its edits. */
export const configFailures = {
  /**
   * Config file not found
   *
   * The path on the command line leads to no file. Paths are relative to the current directory.
   */
  "config-missing": {
    exitCode: 1,
    words: ({ file, candidates }) => ({
      subject: file,
      message: "The config file does not exist.",
      remedy: candidates.length === 0 ? "Check the path." : `Did you mean ${candidates.join(" or ")}?`,
    }),
  },
  /**
   * No config file
   *
   * The command line names no config, and there is no `microvm.config.*` file in the current directory or above it.
   */
  "config-not-found": {
    exitCode: 1,
    words: ({ directory, names }) => ({
      subject: directory,
      message: `No config here or in a directory above: ${names.join(", ")}.`,
      remedy: "Name the config: microvm-emit path/to/microvm.config.ts.",
    }),
  },
  /**
   * Config belongs to another user
   *
   * A TypeScript or JavaScript config is a program. A config that the command finds by itself must belong to you or to
   * root: in a shared directory such as `/tmp`, another user could place one above yours. A config named on the
   * command line may have any owner.
   */
  "config-of-another-user": {
    exitCode: 1,
    words: ({ file, uid }) => ({
      subject: file,
      message: `The config belongs to another user (uid ${uid}), and loading it would run that user's code.`,
      remedy: "Name the config on the command line if you trust it.",
    }),
  },
  /**
   * Config file not readable
   *
   * It is there, and the system refuses to open it. The message holds the system's reason, mostly permissions.
   */
  "config-unreadable": {
    exitCode: 1,
    words: ({ file, cause }) => ({
      subject: file,
      message: `The config cannot be read: ${cause}.`,
      remedy: "Check the file type and its permissions.",
    }),
  },
  /**
   * Unknown format of the config
   *
   * How a config is read is known by the end of its name: TypeScript, JavaScript or data.
   */
  "config-unsupported": {
    exitCode: 1,
    words: ({ file, extensions }) => ({
      subject: file,
      message: "The file extension of the config is unknown.",
      remedy: `Use one of ${extensions.join(" ")}.`,
    }),
  },
  /**
   * Syntax error in the config
   *
   * The place is where the parser gave up; the mistake is there or just before, often a bracket or comma that is
   * missing.
   */
  "config-syntax": {
    exitCode: 1,
    words: ({ place, message }) => ({ place, message, remedy: "Fix the syntax there or just before." }),
  },
  /**
   * Import of the config not found
   *
   * A relative import is looked up from the importing file. A package has to be installed where the config lies, in
   * its `node_modules` or that of a folder above; `microvm-emit` itself need not be.
   */
  "config-import": {
    exitCode: 1,
    words: ({ importer, specifier, place }) => ({
      ...(place === undefined ? { subject: importer } : { place }),
      message: `The import ${JSON.stringify(specifier)} is not found.`,
      remedy: /^[./]/.test(specifier)
        ? "Check the path, which is relative to the importing file."
        : `Install it beside the config (npm install ${specifier}) or remove the import.`,
    }),
  },
  /**
   * Config throws an exception
   *
   * A config is a program that runs. The stack is cut down to the user's own files, innermost first, in the lines and
   * columns of the source. If the config uses a function of microvm-emit that it does not import, the remedy names the
   * import. Nothing was written.
   */
  "config-throws": {
    exitCode: 1,
    words: ({ file, error, place, frames, missingImport }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The config throws: ${error}`,
      remedy:
        missingImport === undefined
          ? "Fix the code at the top of the stack. Nothing was written."
          : `Add ${missingImport} at the top. Nothing was written.`,
      details: frames,
    }),
  },
  /**
   * Config ends the process
   *
   * The config calls `process.exit`, `process.abort`, or sends a signal to its own process. Then microvm-emit cannot
   * report errors. Throw an error instead. Nothing was written.
   */
  "config-exits": {
    exitCode: 1,
    words: ({ file, call, place }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The config ends the process: ${call}.`,
      remedy: "Throw an error instead. Nothing was written.",
    }),
  },
  /**
   * Config too large
   *
   * The config is nested deeper than 500 levels, or has more than 5 million values. Usually code that builds the
   * config repeats itself without end. Nothing was written.
   */
  "config-too-large": {
    exitCode: 1,
    words: ({ file, found }) => ({
      subject: file,
      message: `The config is too large: ${found}.`,
      remedy: "Remove the part that repeats without end.",
    }),
  },
  /**
   * Config without a default export
   *
   * The config is the default export of its file: `export default defineConfig({ hosts: { … } })`.
   */
  "config-not-exported": {
    exitCode: 1,
    words: ({ file, found }) => ({
      subject: file,
      message: `The config exports ${found}.`,
      remedy: "Export the config as the default: `export default defineConfig({ hosts: { … } })`.",
    }),
  },
  /**
   * Config never finishes loading
   *
   * A top-level `await` waits for a promise that nothing settles, and nothing else is left to run.
   */
  "config-unfinished": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The config never finishes loading: it awaits a promise that never settles.",
      remedy: "Look for that `await`.",
    }),
  },
  "config-problems": { exitCode: 1, words: ({ problems }) => problems.map(diagnosticOf) },
  /**
   * Lock file not readable
   *
   * The lock file (`home.lock.json` of `home.config.ts`) has the index of every VM. Keep it under version control:
   * without it, VMs may get other addresses. Conflict markers of a merge are no mistake: the next run resolves them.
   */
  "lock-broken": {
    exitCode: 1,
    words: ({ file, place, reason }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The lock file is broken: ${reason}.`,
      remedy: "Restore it from version control. Without it, VMs may get other addresses than they have now.",
    }),
  },
  /**
   * The directory already has a config
   *
   * `init` writes a first config. It never changes an existing one.
   */
  "config-exists": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The directory already has a config.",
      remedy: "Add a VM to it, or run init in another directory.",
    }),
  },
  /**
   * Facts of the machine are missing
   *
   * `init` takes the host name, user, SSH keys, release and `system.stateVersion` from the machine and from the Nix files beside the config. It asks at a terminal for the others. Without a terminal, or with `--yes`, options give them.
   */
  "init-unanswered": {
    exitCode: 1,
    words: ({ questions }) => ({
      message: "This machine does not tell everything that a config needs.",
      remedy: `Set ${questions.map(({ option }) => option).join(" and ")}, or run init at a terminal.`,
      details: questions.map(
        ({ message, option, choices }) =>
          `${option}: ${message}${choices.length === 0 ? "" : ` (${choices.map((choice) => clip(choice)).join(", ")})`}`,
      ),
    }),
  },
  /**
   * The VM exists already
   *
   * A host has one VM of each name, so `add`, `rename` and `move` need a free name. The same name on two hosts is no
   * problem.
   */
  "name-taken": {
    exitCode: 1,
    words: ({ file, host, name }) => ({
      subject: file,
      message: `The host ${host} has a VM ${name} already.`,
      remedy: "Choose another name.",
    }),
  },
  /**
   * The config cannot be edited automatically
   *
   * `add`, `remove`, `rename` and `move` change the source where a VM is written as an entry of `vms`. A VM that code computes, such as
   * `...Object.fromEntries(…)`, has no such entry. Nothing is changed; the remedy gives the text and its place.
   *
   * To let the commands edit such a host, write its VMs out:
   *
   * ```ts
   * vms: { ...generated, projectvm: { agent: claudeCode() } }
   * ```
   */
  "config-not-editable": {
    exitCode: 1,
    words: ({ file, place, reason, byHand }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The config cannot be edited automatically: ${reason}. Nothing was changed.`,
      remedy: byHand,
    }),
  },
  /**
   * The config may not be edited
   *
   * The commands that edit a config refuse a read-only file, a file that is not UTF-8, and a symbolic link that leaves
   * the repository: the file at its end may belong to another project.
   */
  "config-not-writable": {
    exitCode: 1,
    words: ({ file, reason }) => ({
      subject: file,
      message: `The config may not be edited: ${reason}. Nothing was changed.`,
      remedy: "Make it a writable file of its repository, or edit it by hand.",
    }),
  },
  /**
   * The config changed during the run
   *
   * Another program, such as an editor, saved the config while the command ran. The command does not overwrite that.
   * Run it again.
   */
  "config-changed": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The config changed during the run. Nothing was written.",
      remedy: "Run the command again.",
    }),
  },
  /**
   * The edit would break the config
   *
   * A command that edits the config writes the config and the flake together, and only if the edited config has no
   * errors. The problems before this message have lines of the edited text, which is not on disk. `--dry-run` shows
   * the edit when it has no errors.
   *
   * A removed VM that another VM names in `reachVms` is such a case: remove it there first.
   */
  "edit-not-made": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The edited config has problems, so nothing was changed. Line numbers are those of the edited text.",
      remedy: "Fix them first, or edit the config by hand.",
    }),
  },
} satisfies Partial<Rows>;
