import { clip, type ConfigPath, formatPath, type Problem } from "@microvm-emit/model";
import * as TE from "fp-ts/lib/TaskEither.js";
import { match } from "ts-pattern";
import type { Diagnostic, RelatedDiagnostic } from "./diagnostic.js";
import { sharers } from "./group-problems.js";
import type { Place } from "./place.js";
import type { Trail } from "../check/trace-back.js";

/** Everything that can end a run, closed: a new member does not compile until it has words and an exit code. */
export type Failure =
  | { readonly kind: "usage"; readonly message: string; readonly remedy?: string }
  | { readonly kind: "unknown-code"; readonly code: string; readonly meant: string | undefined }
  | { readonly kind: "config-missing"; readonly file: string; readonly candidates: readonly string[] }
  | { readonly kind: "config-unreadable"; readonly file: string; readonly cause: string }
  | { readonly kind: "config-unsupported"; readonly file: string; readonly extensions: readonly string[] }
  | { readonly kind: "config-syntax"; readonly place: Place; readonly message: string }
  | {
      readonly kind: "config-import";
      readonly importer: string;
      readonly specifier: string;
      readonly place?: Place;
    }
  | {
      readonly kind: "config-throws";
      readonly file: string;
      readonly error: string;
      readonly place?: Place;
      /** The user's own frames, innermost first. */
      readonly frames: readonly string[];
      /** The import that defines the name that the config lacks. */
      readonly missingImport?: string;
    }
  | { readonly kind: "config-exits"; readonly file: string; readonly call: string; readonly place?: Place }
  | { readonly kind: "config-too-large"; readonly file: string; readonly found: string }
  | { readonly kind: "cwd-missing" }
  | { readonly kind: "config-not-exported"; readonly file: string; readonly found: string }
  | { readonly kind: "config-unfinished"; readonly file: string }
  | { readonly kind: "config-problems"; readonly problems: readonly LocatedProblem[] }
  | { readonly kind: "lock-broken"; readonly file: string; readonly place?: Place; readonly reason: string }
  | { readonly kind: "output-not-directory"; readonly dir: string; readonly obstacle: string }
  | { readonly kind: "output-not-writable"; readonly paths: readonly string[]; readonly cause: string }
  | { readonly kind: "output-conflicts"; readonly dir: string; readonly conflicts: readonly Conflict[] }
  | { readonly kind: "output-busy"; readonly dir: string; readonly pid: string; readonly entry: string }
  | { readonly kind: "output-through-link"; readonly dir: string; readonly link: string }
  | { readonly kind: "state-unusable"; readonly folder: string; readonly cause: string }
  | { readonly kind: "journal-broken"; readonly dir: string; readonly state: string }
  | { readonly kind: "write-failed"; readonly dir: string; readonly cause: string; readonly isUndone: boolean }
  | { readonly kind: "modules-unreachable"; readonly root: string; readonly modules: readonly UnreachableModule[] }
  | { readonly kind: "source-too-large"; readonly root: string; readonly limit: string }
  | { readonly kind: "mirror-failed"; readonly root: string; readonly cause: string }
  | { readonly kind: "nix-missing" }
  | { readonly kind: "nix-failed"; readonly cause: string }
  | { readonly kind: "evaluation-failed"; readonly hosts: readonly FailedHost[]; readonly fine: readonly string[] }
  | { readonly kind: "internal"; readonly error: string };

export type LocatedProblem = Problem & {
  readonly place?: Place;
  /** The places of `related`, in its order. */
  readonly relatedPlaces?: readonly (Place | undefined)[];
};

/** Why a file would lose what is not ours; --force loses it. */
export type LossReason = "edited" | "edited-on-branch" | "merged" | "foreign";

/** A file of the output directory that a run would have to overwrite or remove, and may not. */
export interface Conflict {
  /** Relative to the output directory. */
  readonly path: string;
  readonly reason: LossReason | "symlink" | "directory" | "not-a-directory" | "special" | "large";
}

/** A module of the user's own that Nix would not find. */
export interface UnreachableModule {
  /** As the config says it. */
  readonly path: string;
  readonly reason: "missing" | "outside" | "ignored";
}

/** A host whose configuration Nix could not evaluate. */
export interface FailedHost {
  readonly host: string;
  /** Nix's message without its trace. */
  readonly message: string;
  /** All that Nix wrote. */
  readonly fullMessage: string;
  /** Where it leads, the first one most likely to be where to mend it. */
  readonly trails: readonly Trail[];
}

/** Carries a failure out of code that works by exceptions, as everything on `node:fs` does. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** The failure that an exception carries; whatever is no {@link Failed} is a mistake of our own. */
export const failureOf = (error: unknown): Failure =>
  error instanceof Failed
    ? error.failure
    : { kind: "internal", error: error instanceof Error ? (error.stack ?? error.message) : String(error) };

/** Runs what may throw. */
export const attempt = <A>(run: () => A | Promise<A>): TE.TaskEither<Failure, A> =>
  TE.tryCatch(async () => await run(), failureOf);

/** What the process says to its caller: 1 is for problems to mend in the input, 2 for what kept us from looking. */
const exitCodes = {
  "config-missing": 1,
  "config-unreadable": 1,
  "config-unsupported": 1,
  "config-syntax": 1,
  "config-import": 1,
  "config-throws": 1,
  "config-exits": 1,
  "config-too-large": 1,
  "config-not-exported": 1,
  "config-unfinished": 1,
  "config-problems": 1,
  "lock-broken": 1,
  "output-not-directory": 1,
  "output-not-writable": 1,
  "output-conflicts": 1,
  "output-busy": 1,
  "output-through-link": 1,
  "state-unusable": 1,
  "journal-broken": 1,
  "write-failed": 1,
  "modules-unreachable": 1,
  "evaluation-failed": 1,
  usage: 2,
  "unknown-code": 2,
  "cwd-missing": 2,
  "source-too-large": 2,
  "mirror-failed": 2,
  "nix-missing": 2,
  "nix-failed": 2,
  internal: 2,
} as const satisfies Readonly<Record<Failure["kind"], 1 | 2>>;

export const exitCode = ({ kind }: Failure): 1 | 2 => exitCodes[kind];

/** The codes of what can end a run, but for the problems of a config, which have codes of their own. */
export const failureCodes: readonly string[] = Object.keys(exitCodes).filter((kind) => kind !== "config-problems");

export const locatedProblem = (problem: LocatedProblem): Diagnostic => {
  const { code, severity, path, place, message, remedy, related = [], relatedPlaces } = problem;
  const of = sharers(problem);
  return {
    code,
    severity,
    ...(path.length === 0 ? {} : { subject: shownPath(path), path: path.map(shownStep) }),
    ...(place === undefined ? {} : { place }),
    message,
    remedy,
    ...(of === undefined ? {} : { details: [of] }),
    ...(related.length === 0
      ? {}
      : {
          related: related.map((other, position) => {
            const at = relatedPlaces?.[position];
            return {
              subject: shownPath(other.path),
              path: other.path.map(shownStep),
              note: other.note,
              ...(at === undefined ? {} : { place: at }),
            };
          }),
        }),
  };
};

/** Keys may be of any length: unknown ones, and those of what is passed on as it is. */
const shownStep = (step: string | number): string | number => (typeof step === "string" ? clip(step) : step);
const shownPath = (path: ConfigPath): string => clip(formatPath(path.map(shownStep)), 300);

/** A host that Nix cannot evaluate, where the user would mend it. */
const failedHost = ({ host, message, trails }: FailedHost): Diagnostic => {
  const [first, ...others] = trails;
  const path = first?.path ?? ["hosts", host];
  const emitted = trails.flatMap((trail) => trail.emitted ?? []);
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
    remedy: "Mend what Nix names; --verbose shows all that Nix wrote.",
    details: message.split("\n"),
    ...(related.length === 0 ? {} : { related }),
  };
};

const conflictWords: Record<Conflict["reason"], string> = {
  edited: "edited by hand since it was emitted",
  "edited-on-branch": "edited by hand on one of the branches that git merges",
  merged: "changed since it was emitted, by hand or by a merge of its lines",
  foreign: "not written by microvm-emit",
  symlink: "a symbolic link, which is never followed or replaced",
  directory: "a directory where a file is to be",
  "not-a-directory": "a file where a directory is to be",
  special: "not a regular file",
  large: "larger than 64 MiB, and no emitted file is",
};

const losses: Readonly<Record<LossReason, true>> = {
  edited: true,
  "edited-on-branch": true,
  merged: true,
  foreign: true,
};
const isLoss = (reason: Conflict["reason"]): reason is LossReason => Object.hasOwn(losses, reason);

const unreachableWords: Record<UnreachableModule["reason"], string> = {
  missing: "does not exist",
  outside: "lies outside the source that Nix sees",
  ignored: "is ignored by git, so Nix does not see it",
};

/** What is wrong and what to do about it, for every way to fail. */
export const words = (failure: Failure): readonly Diagnostic[] => {
  const error = (rest: Omit<Diagnostic, "code" | "severity">): readonly Diagnostic[] => [
    { code: failure.kind, severity: "error", ...rest },
  ];
  return match(failure)
    .returnType<readonly Diagnostic[]>()
    .with({ kind: "usage" }, ({ message, remedy = "Run `microvm-emit --help` to see the commands and options." }) =>
      error({ message, remedy }),
    )
    .with({ kind: "unknown-code" }, ({ code, meant }) =>
      error({
        message: `There is no problem with the code ${JSON.stringify(code)}.`,
        remedy: meant === undefined ? "Run `microvm-emit explain` to see them all." : `Did you mean ${meant}?`,
      }),
    )
    .with({ kind: "config-missing" }, ({ file, candidates }) =>
      error({
        subject: file,
        message: "There is no such config file.",
        remedy: candidates.length === 0 ? "Check the path." : `Did you mean ${candidates.join(" or ")}?`,
      }),
    )
    .with({ kind: "config-unreadable" }, ({ file, cause }) =>
      error({
        subject: file,
        message: `The config cannot be read: ${cause}.`,
        remedy: "Check what it is and its permissions.",
      }),
    )
    .with({ kind: "config-unsupported" }, ({ file, extensions }) =>
      error({
        subject: file,
        message: "The name of the config does not end in a way that says how to read it.",
        remedy: `Name it with one of ${extensions.join(" ")}.`,
      }),
    )
    .with({ kind: "config-syntax" }, ({ place, message }) =>
      error({ place, message, remedy: "Mend the syntax there or just before." }),
    )
    .with({ kind: "config-import" }, ({ importer, specifier, place }) =>
      error({
        ...(place === undefined ? { subject: importer } : { place }),
        message: `The import ${JSON.stringify(specifier)} is not found.`,
        remedy: /^[./]/.test(specifier)
          ? "Check the path, which is relative to the importing file."
          : `Install it beside the config (npm install ${specifier}) or remove the import.`,
      }),
    )
    .with({ kind: "config-throws" }, ({ file, error: thrown, place, frames, missingImport }) =>
      error({
        ...(place === undefined ? { subject: file } : { place }),
        message: `The config throws: ${thrown}`,
        remedy:
          missingImport === undefined
            ? "Fix the code that the stack leads to. Nothing was written."
            : `Add ${missingImport} at the top. Nothing was written.`,
        details: frames,
      }),
    )
    .with({ kind: "config-exits" }, ({ file, call, place }) =>
      error({
        ...(place === undefined ? { subject: file } : { place }),
        message: `The config ends the process: ${call}.`,
        remedy: "Throw an error instead. Nothing was written.",
      }),
    )
    .with({ kind: "config-too-large" }, ({ file, found }) =>
      error({
        subject: file,
        message: `The config is too large: ${found}.`,
        remedy: "Remove what repeats without end.",
      }),
    )
    .with({ kind: "cwd-missing" }, () =>
      error({ message: "The current directory no longer exists.", remedy: "Change to another directory." }),
    )
    .with({ kind: "config-not-exported" }, ({ file, found }) =>
      error({
        subject: file,
        message: `The config exports ${found}.`,
        remedy: "Export the config as the default: `export default defineConfig({ hosts: { … } })`.",
      }),
    )
    .with({ kind: "config-unfinished" }, ({ file }) =>
      error({
        subject: file,
        message: "The config never finishes loading: it awaits something that never comes.",
        remedy: "Look for an `await` on a promise that nothing settles.",
      }),
    )
    .with({ kind: "config-problems" }, ({ problems }) => problems.map(locatedProblem))
    .with({ kind: "lock-broken" }, ({ file, place, reason }) =>
      error({
        ...(place === undefined ? { subject: file } : { place }),
        message: `The lock file is broken: ${reason}.`,
        remedy: "Restore it from version control; without it, VMs may get other addresses than they have now.",
      }),
    )
    .with({ kind: "output-not-directory" }, ({ dir, obstacle }) =>
      error({
        subject: dir,
        message: `The output directory cannot be made: ${obstacle} is not a directory.`,
        remedy: "Move it away or choose another directory with -o.",
      }),
    )
    .with({ kind: "output-not-writable" }, ({ paths, cause }) =>
      error({
        message: `The output cannot be written: ${cause}.`,
        remedy: "Change the permissions or choose another directory with -o; nothing was changed.",
        details: paths,
      }),
    )
    .with({ kind: "output-conflicts" }, ({ dir, conflicts }) =>
      error({
        subject: dir,
        message: "Files are in the way; nothing was changed.",
        remedy: conflicts.every(({ reason }) => isLoss(reason))
          ? "Move them away, or lose what they hold by running again with --force."
          : "Move them away.",
        details: conflicts.map(({ path, reason }) => `${path}: ${conflictWords[reason]}`),
      }),
    )
    .with({ kind: "output-busy" }, ({ dir, pid, entry }) =>
      error({
        subject: dir,
        message: `Another run is writing there: process ${pid}.`,
        remedy: `Wait for it, then run again. If no such run exists, remove ${entry}.`,
      }),
    )
    .with({ kind: "output-through-link" }, ({ dir, link }) =>
      error({
        subject: dir,
        message: `The path of the output directory leads out of its repository by the symbolic link ${link}.`,
        remedy: "Remove the link, or use -o with the path that it leads to.",
      }),
    )
    .with({ kind: "state-unusable" }, ({ folder, cause }) =>
      error({
        subject: folder,
        message: `The state folder cannot be used: ${cause}.`,
        remedy: "Set XDG_STATE_HOME to a folder that only you can write to.",
      }),
    )
    .with({ kind: "journal-broken" }, ({ dir, state }) =>
      error({
        subject: dir,
        message: `An earlier run was interrupted, and its journal in ${state} is damaged.`,
        remedy: `Restore ${dir} from version control, then remove ${state}.`,
      }),
    )
    .with({ kind: "write-failed" }, ({ dir, cause, isUndone }) =>
      error({
        subject: dir,
        message: `Writing failed: ${cause}.`,
        remedy: isUndone
          ? "Every file is as it was before. Mend what the message names and run again."
          : "It could not be undone either. Mend what the message names and run again: that undoes it first.",
      }),
    )
    .with({ kind: "modules-unreachable" }, ({ root, modules }) =>
      error({
        subject: root,
        message: "Modules that the config names cannot be found by Nix.",
        remedy:
          "Correct the paths, which are relative to the config, or move the files below the directory named above.",
        details: modules.map(({ path, reason }) => `${path} ${unreachableWords[reason]}`),
      }),
    )
    .with({ kind: "source-too-large" }, ({ root, limit }) =>
      error({
        subject: root,
        message: `The directory of the config holds more than ${limit}, all of which Nix would copy.`,
        remedy: "Give the config a directory of its own, or keep it in a git work tree.",
      }),
    )
    .with({ kind: "mirror-failed" }, ({ root, cause }) =>
      error({
        subject: root,
        message: `The source cannot be copied to a temporary place: ${cause}.`,
        remedy: "Free some space, or set TMPDIR to a directory that can be written.",
      }),
    )
    .with({ kind: "nix-missing" }, () =>
      error({
        message: "There is no `nix` on the PATH, and checking needs it.",
        remedy:
          "Install it (https://nixos.org/download, or `apt install nix-bin` on Debian and Ubuntu); emitting works without.",
      }),
    )
    .with({ kind: "nix-failed" }, ({ cause }) =>
      error({
        message: "Nix could not run.",
        remedy: "Mend what Nix names (network, store or inputs) and check again.",
        details: cause.split("\n"),
      }),
    )
    .with({ kind: "evaluation-failed" }, ({ hosts }) => hosts.map(failedHost))
    .with({ kind: "internal" }, ({ error: stack }) =>
      error({
        message: "microvm-emit itself failed.",
        remedy: "Please report this with the config that causes it.",
        details: stack.split("\n"),
      }),
    )
    .exhaustive();
};
