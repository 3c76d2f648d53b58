import { clip } from "@microvm-emit/model/internal";
import { diagnosticOf } from "../problem-diagnostic.js";
import type { Rows } from "./row.js";

/** Failures of a config, its lock and its edits. */
export const configFailures = {
  /**
   * Config file not found
   *
   * There is no file at the path on the command line. Paths are relative to the current directory.
   */
  "config-missing": {
    exitCode: 1,
    words: ({ file, candidates }) => ({
      subject: file,
      message: "The config file does not exist.",
      remedy: candidates.length === 0 ? "Correct the path." : `Did you mean ${candidates.join(" or ")}?`,
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
   * A TypeScript or JavaScript config is a program. A config that the command line does not name must belong to you or
   * to root: in a shared directory such as `/tmp`, another user could place one above yours. A config named on the
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
   * The file exists, but the system cannot open it. The message shows the system's reason, usually missing permissions.
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
   * The file extension selects the format: `.ts`, `.mts`, `.js` and `.mjs` are programs, `.json`, `.jsonc`, `.yaml` and
   * `.yml` are data.
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
   * The parser stopped at this position. The mistake is there or just before it, often a missing bracket or comma.
   */
  "config-syntax": {
    exitCode: 1,
    words: ({ place, message }) => ({ place, message, remedy: "Correct the syntax there or just before." }),
  },
  /**
   * Import of the config not found
   *
   * A relative import starts at the folder of the importing file. A package must be in the `node_modules` of the
   * config's folder or of a folder above it. Only `microvm-emit` itself needs no installation.
   */
  "config-import": {
    exitCode: 1,
    words: ({ importer, specifier, place }) => ({
      ...(place === undefined ? { subject: importer } : { place }),
      message: `The import ${JSON.stringify(specifier)} is not found.`,
      remedy: /^[./]/.test(specifier)
        ? "Correct the path, which is relative to the importing file."
        : `Install it beside the config (npm install ${specifier}) or remove the import.`,
    }),
  },
  /**
   * Config throws an exception
   *
   * A config is a program, and it threw an exception. The stack contains only your own files, innermost first, with
   * lines and columns of the source. If the config uses a function of microvm-emit that it does not import, the remedy
   * names the import. Nothing was written.
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
   * The config calls `process.exit` or `process.abort`, or sends a signal to its own process, so microvm-emit cannot
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
   * The config is nested deeper than 500 levels, or has more than 5 million values. A usual cause is code that builds
   * the config in an endless recursion. Nothing was written.
   */
  "config-too-large": {
    exitCode: 1,
    words: ({ file, found }) => ({
      subject: file,
      message: `The config is too large: ${found}.`,
      remedy: "Remove the endless recursion or loop that builds it.",
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
   * A top-level `await` waits for a promise that no code resolves, or a loop never ends. The command waits five minutes
   * for a loop, then kills itself.
   */
  "config-unfinished": {
    exitCode: 1,
    words: ({ file, isTimedOut }) => ({
      subject: file,
      message:
        isTimedOut === true
          ? "The config has not finished loading in time: five minutes."
          : "The config never finishes loading: it awaits a promise that never settles.",
      remedy:
        isTimedOut === true
          ? "Remove the endless loop, or the code that waits. Nothing was written."
          : "Remove that `await`, or settle its promise.",
    }),
  },
  /**
   * Config crashes the command
   *
   * The process of the command died while it loaded the config or made its plan. Usual causes:
   *
   * - The config fills the memory of Node, such as by a loop that appends to a list. Node then ends the process and
   *   prints `JavaScript heap out of memory`. `NODE_OPTIONS=--max-old-space-size=8192` allows 8 GB.
   * - The memory of the machine is full, and the kernel killed the process.
   * - Another program, possibly started by the config, killed the process.
   *
   * Nothing was written. The exit code is the one of the signal, such as 134 or 137.
   */
  "config-crashes": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The command died while it loaded the config.",
      remedy: "Remove the code that fills the memory or kills the process. Nothing was written.",
    }),
  },
  "config-problems": { exitCode: 1, words: ({ problems }) => problems.map(diagnosticOf) },
  /**
   * Lock file is broken
   *
   * The lock file (`home.lock.json` of `home.config.ts`) has the index of every VM. Keep it under version control:
   * without it, VMs may get other addresses. Conflict markers of a merge are not an error: the next run resolves them.
   */
  "lock-broken": {
    exitCode: 1,
    words: ({ file, place, reason }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The lock file is broken: ${reason}.`,
      remedy: "Restore it from version control; without it, VMs may get other addresses.",
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
      remedy: "Run `microvm-emit add NAME` to add a VM, or run `microvm-emit init` in another directory.",
    }),
  },
  /**
   * Facts of the machine are missing
   *
   * `init` takes the host name, user, SSH keys, release and `system.stateVersion` from the machine and from the Nix
   * files beside the config. At a terminal, it asks for the facts that are missing. Without a terminal, or with
   * `--yes`, set them with options.
   */
  "init-unanswered": {
    exitCode: 1,
    words: ({ questions }) => ({
      message: "Facts for the config are missing.",
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
   * `add`, `remove`, `rename` and `move` edit the entry of a VM in `vms`. A VM that code computes, such as by
   * `...Object.fromEntries(…)`, has no entry in the source. Nothing was changed. The remedy shows the text to add and
   * its place.
   *
   * To let the commands edit the VMs of such a host, write them as entries:
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
   * The commands that edit a config refuse a read-only file, a file that is not UTF-8, and a symbolic link to a file
   * outside the repository, which may belong to another project.
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
   * Another program, such as an editor, saved the config while the command ran. The command does not overwrite this
   * change. Run it again.
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
   * errors. The problems above this message have line numbers of the edited text, which is not on disk. `--dry-run`
   * shows the edit when it has no errors.
   *
   * For example, before you remove a VM, remove its name from the `reachVms` of other VMs.
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
