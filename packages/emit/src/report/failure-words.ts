import { clip, didYouMean, formatPath, nearest } from "@microvm-emit/model";
import type { Diagnostic, RelatedDiagnostic } from "./diagnostic.js";
import type { Conflict, FailedHost, Failure, LossReason, UnreachableModule } from "./failure.js";
import { diagnosticOf } from "./problem-diagnostic.js";

/** The message of a failure, without its code. */
type Words = Omit<Diagnostic, "code" | "severity">;

interface Row<F extends Failure> {
  /** 1: the input is wrong. 2: the program could not check the input. */
  readonly exitCode: 1 | 2;
  readonly words: (failure: F) => Words | readonly Diagnostic[];
}

/** Exit code and words of every failure; a missing row is a type error. */
const rows: { readonly [Kind in Failure["kind"]]: Row<Extract<Failure, { readonly kind: Kind }>> } = {
  usage: {
    exitCode: 2,
    words: ({ message, remedy = "Run `microvm-emit --help` to see the commands and options." }) => ({
      message,
      remedy,
    }),
  },
  "unknown-code": {
    exitCode: 2,
    words: ({ code, meant }) => ({
      message: `Unknown problem code ${JSON.stringify(code)}.`,
      remedy: meant === undefined ? "Run `microvm-emit explain` to list all codes." : `Did you mean ${meant}?`,
    }),
  },
  "cwd-missing": {
    exitCode: 2,
    words: () => ({
      message: "The current directory no longer exists.",
      remedy: "Change to another directory.",
    }),
  },
  "unknown-name": {
    exitCode: 1,
    words: ({ noun, name, known }) => ({
      message: `Unknown ${noun} ${JSON.stringify(clip(name))}.`,
      remedy: didYouMean(name, known),
    }),
  },
  "name-taken": {
    exitCode: 1,
    words: ({ file, host, name }) => ({
      subject: file,
      message: `The host ${host} has a VM ${name} already.`,
      remedy: "Choose another name.",
    }),
  },
  "host-needed": {
    exitCode: 2,
    words: ({ file, hosts }) => ({
      subject: file,
      message: hosts.length === 0 ? "The config has no host." : "Several hosts are possible.",
      remedy: hosts.length === 0 ? "Add a host first." : `Choose one with --host: ${hosts.join(", ")}.`,
    }),
  },
  "config-not-editable": {
    exitCode: 1,
    words: ({ file, place, reason, byHand }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The config cannot be edited automatically: ${reason}. Nothing was changed.`,
      remedy: byHand,
    }),
  },
  "config-not-writable": {
    exitCode: 1,
    words: ({ file, reason }) => ({
      subject: file,
      message: `The config may not be edited: ${reason}. Nothing was changed.`,
      remedy: "Make it a writable file of its repository, or edit it by hand.",
    }),
  },
  "config-changed": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The config changed during the run. Nothing was written.",
      remedy: "Run the command again.",
    }),
  },
  "edit-not-made": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The edited config has problems, so nothing was changed. Line numbers are those of the edited text.",
      remedy: "Fix them first, or edit the config by hand.",
    }),
  },
  "config-missing": {
    exitCode: 1,
    words: ({ file, candidates }) => ({
      subject: file,
      message: "The config file does not exist.",
      remedy: candidates.length === 0 ? "Check the path." : `Did you mean ${candidates.join(" or ")}?`,
    }),
  },
  "config-not-found": {
    exitCode: 1,
    words: ({ directory, names }) => ({
      subject: directory,
      message: `No config here or in a directory above: ${names.join(", ")}.`,
      remedy: "Name the config: microvm-emit path/to/microvm.config.ts.",
    }),
  },
  "config-of-another-user": {
    exitCode: 1,
    words: ({ file, uid }) => ({
      subject: file,
      message: `The config belongs to another user (uid ${uid}), and loading it would run that user's code.`,
      remedy: "Name the config on the command line if you trust it.",
    }),
  },
  "config-exists": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The directory already has a config.",
      remedy: "Add a VM to it, or run init in another directory.",
    }),
  },
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
  "flake-not-editable": {
    exitCode: 1,
    words: ({ file, reason, byHand }) => ({
      subject: file,
      message: `The flake cannot be edited: ${reason}. Nothing was changed.`,
      remedy:
        byHand.length === 0
          ? "Pass the path of the file itself with --into."
          : "Write a config with `flake: false`, emit it, and add the above to your flake by hand.",
      details: byHand,
    }),
  },
  "config-unreadable": {
    exitCode: 1,
    words: ({ file, cause }) => ({
      subject: file,
      message: `The config cannot be read: ${cause}.`,
      remedy: "Check the file type and its permissions.",
    }),
  },
  "config-unsupported": {
    exitCode: 1,
    words: ({ file, extensions }) => ({
      subject: file,
      message: "The file extension of the config is unknown.",
      remedy: `Use one of ${extensions.join(" ")}.`,
    }),
  },
  "config-syntax": {
    exitCode: 1,
    words: ({ place, message }) => ({ place, message, remedy: "Fix the syntax there or just before." }),
  },
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
  "config-exits": {
    exitCode: 1,
    words: ({ file, call, place }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The config ends the process: ${call}.`,
      remedy: "Throw an error instead. Nothing was written.",
    }),
  },
  "config-too-large": {
    exitCode: 1,
    words: ({ file, found }) => ({
      subject: file,
      message: `The config is too large: ${found}.`,
      remedy: "Remove the part that repeats without end.",
    }),
  },
  "config-not-exported": {
    exitCode: 1,
    words: ({ file, found }) => ({
      subject: file,
      message: `The config exports ${found}.`,
      remedy: "Export the config as the default: `export default defineConfig({ hosts: { … } })`.",
    }),
  },
  "config-unfinished": {
    exitCode: 1,
    words: ({ file }) => ({
      subject: file,
      message: "The config never finishes loading: it awaits a promise that never settles.",
      remedy: "Look for that `await`.",
    }),
  },
  "config-problems": { exitCode: 1, words: ({ problems }) => problems.map(diagnosticOf) },
  "lock-broken": {
    exitCode: 1,
    words: ({ file, place, reason }) => ({
      ...(place === undefined ? { subject: file } : { place }),
      message: `The lock file is broken: ${reason}.`,
      remedy: "Restore it from version control. Without it, VMs may get other addresses than they have now.",
    }),
  },
  "output-not-directory": {
    exitCode: 1,
    words: ({ dir, obstacle }) => ({
      subject: dir,
      message: `The output directory cannot be created: ${obstacle} is not a directory.`,
      remedy: "Move it away or choose another directory with -o.",
    }),
  },
  "output-not-writable": {
    exitCode: 1,
    words: ({ paths, cause }) => ({
      message: `The output cannot be written: ${cause}.`,
      remedy: "Change the permissions or choose another directory with -o. Nothing was changed.",
      details: paths,
    }),
  },
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
  "output-busy": {
    exitCode: 1,
    words: ({ dir, pid, entry }) => ({
      subject: dir,
      message: `Another run is writing there: process ${pid}.`,
      remedy: `Wait for it, then run again. If no such run exists, remove ${entry}.`,
    }),
  },
  "output-through-link": {
    exitCode: 1,
    words: ({ dir, link }) => ({
      subject: dir,
      message: `The output directory leaves its repository through the symbolic link ${link}.`,
      remedy: "Remove the link, or pass its target with -o.",
    }),
  },
  "output-stale": {
    exitCode: 1,
    words: ({ dir, files }) => ({
      subject: dir,
      message: "The flake is not current: a run would change files.",
      remedy: "Run `microvm-emit` and commit the result.",
      details: files,
    }),
  },
  "not-in-git": {
    exitCode: 1,
    words: ({ dir }) => ({
      subject: dir,
      message: "The config is not in a git work tree, so it has no earlier revision.",
      remedy: "Run `git init` there and commit the config.",
    }),
  },
  "revision-unknown": {
    exitCode: 1,
    words: ({ root, revision }) => ({
      subject: root,
      message: `Git knows no commit ${JSON.stringify(revision)}.`,
      remedy: "Name a branch, a tag or a commit. `git fetch` brings those of others.",
    }),
  },
  "revision-of-another-user": {
    exitCode: 1,
    words: ({ root, uid }) => ({
      subject: root,
      message: `The repository belongs to another user (uid ${uid}), and loading its config would run that user's code.`,
      remedy: "Run the command as that user.",
    }),
  },
  "revision-broken": {
    exitCode: 1,
    words: ({ revision, failures }) => ({
      message: `The config of ${revision} cannot be planned.`,
      remedy: "Name a later revision.",
      details: failures
        .flatMap(diagnosticsOf)
        .filter(({ severity }) => severity === "error")
        .map(({ code, subject, message }) => `${code}: ${subject === undefined ? "" : `${subject}: `}${message}`),
    }),
  },
  "leftover-in-use": {
    exitCode: 1,
    words: ({ vms }) => ({
      message: `VMs that left the config are running: ${vms.join(", ")}. Nothing was removed.`,
      remedy: `Stop them first: sudo systemctl stop ${vms.map((vm) => `microvm@${vm}`).join(" ")}.`,
    }),
  },
  "leftover-not-removed": {
    exitCode: 1,
    words: ({ folder, cause }) => ({
      subject: folder,
      message: `The folder cannot be removed: ${cause}.`,
      remedy: "Run the command as root. Unmount file systems below the folder first.",
    }),
  },
  "state-unusable": {
    exitCode: 1,
    words: ({ folder, cause }) => ({
      subject: folder,
      message: `The state folder cannot be used: ${cause}.`,
      remedy: "Set XDG_STATE_HOME to a folder that only you can write to.",
    }),
  },
  "journal-broken": {
    exitCode: 1,
    words: ({ dir, state }) => ({
      subject: dir,
      message: `An earlier run was interrupted, and its journal in ${state} is damaged.`,
      remedy: `Restore ${dir} from version control, then remove ${state}.`,
    }),
  },
  "write-failed": {
    exitCode: 1,
    words: ({ dir, cause, isUndone }) => ({
      subject: dir,
      message: `Writing failed: ${cause}.`,
      remedy: isUndone
        ? "Every file is as it was before. Fix the cause and run again."
        : "Restoring the files failed too. Fix the cause and run again: the next run restores them first.",
    }),
  },
  "modules-unreachable": {
    exitCode: 1,
    words: ({ root, modules }) => ({
      subject: root,
      message: "Nix cannot find modules of the config.",
      remedy: "Correct the paths, which are relative to the config, or move the files below the directory above.",
      details: modules.map(({ path, reason }) => `${path} ${unreachableWords[reason]}`),
    }),
  },
  "source-too-large": {
    exitCode: 2,
    words: ({ root, limit }) => ({
      subject: root,
      message: `The directory of the config has more than ${limit}, and Nix would copy all of it.`,
      remedy: "Move the config to a separate directory, or keep it in a git work tree.",
    }),
  },
  "mirror-failed": {
    exitCode: 2,
    words: ({ root, cause }) => ({
      subject: root,
      message: `The source cannot be copied to a temporary directory: ${cause}.`,
      remedy: "Free some space, or set TMPDIR to a writable directory.",
    }),
  },
  "own-flake-missing": {
    exitCode: 1,
    words: ({ directory }) => ({
      subject: directory,
      message: "The config has `flake: false`, but no directory above has a flake.nix.",
      remedy: "Remove `flake: false`, or run `microvm-emit init --into path/to/flake.nix`.",
    }),
  },
  "nix-missing": {
    exitCode: 2,
    words: () => ({
      message: "`nix` is not on the PATH, and check needs it.",
      remedy: "Install it (https://nixos.org/download, or `apt install nix-bin` on Debian and Ubuntu).",
    }),
  },
  "nix-failed": {
    exitCode: 2,
    words: ({ cause }) => ({
      message: "Nix could not run.",
      remedy: "Fix the cause (network, store or inputs) and check again.",
      details: cause.split("\n"),
    }),
  },
  "evaluation-failed": { exitCode: 1, words: ({ hosts }) => hosts.map(failedHost) },
  "host-not-read": {
    exitCode: 1,
    words: ({ host, cause }) => ({
      subject: host,
      message: "Nix cannot evaluate the VMs of the host.",
      remedy: "Fix the error, or override an input that is missing: --override-input NAME REF.",
      details: cause.split("\n"),
    }),
  },
  "nothing-to-adopt": {
    exitCode: 1,
    words: ({ host }) => ({
      subject: host,
      message: "The host has no VM in `microvm.vms`.",
      remedy: "Name a host with VMs, or run `microvm-emit init`.",
    }),
  },
  "program-missing": {
    exitCode: 2,
    words: ({ program }) => ({
      message: `\`${program}\` is not on the PATH.`,
      remedy: `Install it, or run the command on the host.`,
    }),
  },
  "engine-missing": {
    exitCode: 2,
    words: ({ package: name }) => ({
      message: `The package ${name} is not installed.`,
      remedy: `Install it: npm install ${name}. Or use --format mermaid.`,
    }),
  },
  "runtime-unusable": {
    exitCode: 2,
    words: ({ folder, cause }) => ({
      subject: folder,
      message: `The folder for ssh connections cannot be used: ${cause}.`,
      remedy: "Set XDG_RUNTIME_DIR to a folder that only you can use.",
    }),
  },
  "host-unreachable": {
    exitCode: 2,
    words: ({ host, destination, cause }) => ({
      subject: host,
      message: `ssh ${destination} failed.`,
      remedy: `Make \`ssh ${destination}\` work, or name the machine with --host-ssh USER@MACHINE.`,
      ...(cause === "" ? {} : { details: cause.split("\n") }),
    }),
  },
  "vm-unknown": {
    exitCode: 1,
    words: ({ vm, host, known }) => ({
      message:
        host === undefined
          ? `No host of the config has a VM ${JSON.stringify(clip(vm))}.`
          : `${host} has no VM ${JSON.stringify(clip(vm))}.`,
      remedy:
        known.length === 0
          ? "Add it to the config and deploy the host."
          : nearest(vm, known) === undefined
            ? `Use one of: ${known.join(", ")}.`
            : didYouMean(vm, known),
    }),
  },
  "vm-ambiguous": {
    exitCode: 1,
    words: ({ vm, hosts }) => ({
      message: `Several hosts have a VM ${vm}: ${hosts.join(", ")}.`,
      remedy: "Name the machine with --host-ssh USER@MACHINE.",
    }),
  },
  "vm-not-deployed": {
    exitCode: 1,
    words: ({ vm, host, switch: command }) => ({
      subject: vm,
      message: `The host ${host} does not have this VM yet.`,
      remedy: `Deploy the host: ${command}`,
    }),
  },
  "vm-without-address": {
    exitCode: 1,
    words: ({ vm, host }) => ({
      subject: vm,
      message: `The address of this VM is unknown on ${host}: it has no fixed one, or its deployment is older than this command.`,
      remedy: "Give the VM an address in the config and deploy the host.",
    }),
  },
  "vm-without-agent": {
    exitCode: 1,
    words: ({ vm }) => ({
      subject: vm,
      message: "This VM has no agent.",
      remedy: "Set `agent` in the config, or use `microvm-emit ssh`.",
    }),
  },
  "vm-stopped": {
    exitCode: 1,
    words: ({ vm, host, state }) => ({
      subject: vm,
      message: `The VM is ${state} on ${host}.`,
      remedy: `Run \`microvm-emit up ${vm}\`.`,
    }),
  },
  "vm-not-started": {
    exitCode: 1,
    words: ({ vm, host, unit, reason, journal }) => ({
      subject: vm,
      message: `The VM does not run on ${host}: ${unit} ${reason}.`,
      remedy: `Fix the cause and run \`microvm-emit up ${vm}\` again. \`microvm-emit logs ${vm}\` shows more.`,
      ...(journal.length === 0 ? {} : { details: journal }),
    }),
  },
  "host-key-unknown": {
    exitCode: 1,
    words: ({ vm, host, isKept }) => ({
      subject: vm,
      message: isKept
        ? `The SSH host key of this VM is unknown on ${host}.`
        : "The guest makes its own SSH host key, so nobody can verify it.",
      remedy: isKept
        ? `Restart the VM: \`microvm-emit restart ${vm}\`.`
        : "Remove `sshHostKeys: false` from the config and deploy the host.",
    }),
  },
  "command-failed": {
    exitCode: 1,
    words: ({ host, command, cause }) => ({
      subject: host,
      message: `\`${command}\` failed.`,
      remedy: "Fix the cause and run the command again.",
      ...(cause === "" ? {} : { details: cause.split("\n") }),
    }),
  },
  "not-confirmed": {
    exitCode: 1,
    words: ({ question, isAsked }) => ({
      message: `${isAsked ? "Cancelled at the question" : "No terminal to ask on"}: ${question} Nothing was changed.`,
      remedy: isAsked ? "Run the command again." : "Add --yes.",
    }),
  },
  internal: {
    exitCode: 2,
    words: ({ error }) => ({
      message: "microvm-emit itself failed.",
      remedy: "Please report this with the config that causes it.",
      details: error.split("\n"),
    }),
  },
};

/** The cast is safe: `rows` maps each kind to its own type. */
const rowOf = (failure: Failure): Row<Failure> => rows[failure.kind] as Row<Failure>;

/** Exit code of the process: 1 for faults of the input, 2 if the program could not check it. */
export const exitCodeOf = (failure: Failure): 1 | 2 => rowOf(failure).exitCode;

/** Codes of all failures. Problems of a config have codes of their rules. */
export const failureCodes: readonly string[] = Object.keys(rows).filter((kind) => kind !== "config-problems");

/** The diagnostics of a failure. */
export const diagnosticsOf = (failure: Failure): readonly Diagnostic[] => {
  const words = rowOf(failure).words(failure);
  return isMany(words) ? words : [{ code: failure.kind, severity: "error", ...words }];
};

const isMany = (words: Words | readonly Diagnostic[]): words is readonly Diagnostic[] => Array.isArray(words);

/** The diagnostic of a host that Nix cannot evaluate, at the part of the config that caused it. */
const failedHost = ({ host, message, origins }: FailedHost): Diagnostic => {
  const [first, ...others] = origins;
  const path = first?.path ?? ["hosts", host];
  const emitted = origins.flatMap((origin) => origin.emitted ?? []);
  const related: readonly RelatedDiagnostic[] = [
    ...others.map(({ path: other, place }) => ({
      subject: other === undefined ? "a module" : formatPath(other),
      note: "takes part",
      ...(place === undefined ? {} : { place }),
    })),
    ...emitted.map((place) => ({ subject: "emitted as", place, note: place.lineText?.trim() ?? "" })),
  ];
  return {
    code: "evaluation-failed",
    severity: "error",
    subject: formatPath(path),
    path,
    ...(first?.place === undefined ? {} : { place: first.place }),
    message: `Nix cannot evaluate the host ${host}.`,
    remedy: "Fix the error that Nix reports. --verbose shows its full output.",
    details: message.split("\n"),
    ...(related.length === 0 ? {} : { related }),
  };
};

const conflictWords: Readonly<Record<Conflict["reason"], string>> = {
  edited: "edited by hand since it was emitted",
  "edited-on-branch": "edited by hand on one of the branches that git merges",
  merged: "changed since it was emitted, by hand or by a merge of its lines",
  foreign: "not written by microvm-emit",
  imported: "not of the config, but the host imports every file of this folder",
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

const unreachableWords: Readonly<Record<UnreachableModule["reason"], string>> = {
  missing: "does not exist",
  outside: "lies outside the source that Nix sees",
  ignored: "is ignored by git, so Nix does not see it",
};
