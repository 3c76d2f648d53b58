import type { ErrorOrigin } from "./error-origin.js";
import type { LocatedProblem } from "./located-problem.js";
import type { Place } from "./place.js";

/** Everything that can end a run. The union is closed: a new member needs a row in `failure-words.ts`. */
export type Failure =
  | { readonly kind: "usage"; readonly message: string; readonly remedy?: string }
  | { readonly kind: "unknown-code"; readonly code: string; readonly known: readonly string[] }
  | { readonly kind: "unknown-name"; readonly noun: string; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: "name-taken"; readonly file: string; readonly host: string; readonly name: string }
  | { readonly kind: "host-needed"; readonly file: string; readonly hosts: readonly string[] }
  | {
      readonly kind: "config-not-editable";
      readonly file: string;
      readonly place?: Place;
      /** A clause. */
      readonly reason: string;
      /** The manual edit, as a sentence. */
      readonly byHand: string;
    }
  | { readonly kind: "config-not-writable"; readonly file: string; readonly reason: string }
  | { readonly kind: "config-changed"; readonly file: string }
  | { readonly kind: "edit-not-made"; readonly file: string }
  | { readonly kind: "config-missing"; readonly file: string; readonly candidates: readonly string[] }
  | { readonly kind: "config-not-found"; readonly directory: string; readonly names: readonly string[] }
  | { readonly kind: "config-of-another-user"; readonly file: string; readonly uid: number }
  | { readonly kind: "config-exists"; readonly file: string }
  | { readonly kind: "init-unanswered"; readonly questions: readonly Question[] }
  | {
      readonly kind: "flake-not-editable";
      readonly file: string;
      readonly reason: string;
      /** Nix to add by hand, line by line. */
      readonly byHand: readonly string[];
    }
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
      /** Frames in the user's files, innermost first. */
      readonly frames: readonly string[];
      /** The import statement for a name that the config uses without one. */
      readonly missingImport?: string;
    }
  | { readonly kind: "config-exits"; readonly file: string; readonly call: string; readonly place?: Place }
  | { readonly kind: "config-too-large"; readonly file: string; readonly found: string }
  | { readonly kind: "cwd-missing" }
  | { readonly kind: "config-not-exported"; readonly file: string; readonly found: string }
  | { readonly kind: "config-unfinished"; readonly file: string; readonly isTimedOut?: true }
  | { readonly kind: "config-crashes"; readonly file: string }
  | { readonly kind: "config-problems"; readonly problems: readonly LocatedProblem[] }
  | { readonly kind: "lock-broken"; readonly file: string; readonly place?: Place; readonly reason: string }
  | { readonly kind: "output-not-directory"; readonly dir: string; readonly obstacle: string }
  | { readonly kind: "output-not-writable"; readonly paths: readonly string[]; readonly cause: string }
  | { readonly kind: "output-conflicts"; readonly dir: string; readonly conflicts: readonly Conflict[] }
  | { readonly kind: "output-busy"; readonly dir: string; readonly pid: string; readonly entry: string }
  | { readonly kind: "output-through-link"; readonly dir: string; readonly link: string }
  | { readonly kind: "output-stale"; readonly dir: string; readonly files: readonly string[] }
  | { readonly kind: "not-in-git"; readonly dir: string }
  | { readonly kind: "revision-unknown"; readonly root: string; readonly revision: string }
  | { readonly kind: "revision-of-another-user"; readonly root: string; readonly uid: number }
  | { readonly kind: "revision-broken"; readonly revision: string; readonly failures: readonly Failure[] }
  | { readonly kind: "state-unusable"; readonly folder: string; readonly cause: string }
  | { readonly kind: "journal-broken"; readonly dir: string; readonly state: string }
  | { readonly kind: "write-failed"; readonly dir: string; readonly cause: string; readonly isUndone: boolean }
  | { readonly kind: "modules-unreachable"; readonly root: string; readonly modules: readonly UnreachableModule[] }
  | { readonly kind: "source-too-large"; readonly root: string; readonly limit: string }
  | { readonly kind: "mirror-failed"; readonly root: string; readonly cause: string }
  | { readonly kind: "own-flake-missing"; readonly directory: string }
  | { readonly kind: "nix-missing" }
  | { readonly kind: "nix-failed"; readonly cause: string }
  | { readonly kind: "evaluation-failed"; readonly hosts: readonly FailedHost[]; readonly evaluated: readonly string[] }
  | { readonly kind: "host-not-read"; readonly host: string; readonly cause: string }
  | { readonly kind: "nothing-to-adopt"; readonly host: string }
  | { readonly kind: "program-missing"; readonly program: string }
  | { readonly kind: "engine-missing"; readonly package: string }
  | { readonly kind: "runtime-unusable"; readonly folder: string; readonly cause: string }
  | {
      readonly kind: "host-unreachable";
      readonly host: string;
      readonly destination: string;
      readonly cause: string;
    }
  | { readonly kind: "host-not-back"; readonly host: string; readonly seconds: number }
  | {
      readonly kind: "vm-unknown";
      readonly vm: string;
      /** The host that was asked; undefined for all hosts of the config. */
      readonly host: string | undefined;
      readonly known: readonly string[];
    }
  | { readonly kind: "vm-ambiguous"; readonly vm: string; readonly hosts: readonly string[] }
  | { readonly kind: "vm-not-deployed"; readonly vm: string; readonly host: string; readonly switch: string }
  | { readonly kind: "vm-without-address"; readonly vm: string; readonly host: string }
  | { readonly kind: "snapshot-exists"; readonly vm: string; readonly label: string }
  | {
      readonly kind: "snapshot-unknown";
      readonly vm: string;
      readonly label: string;
      readonly known: readonly string[];
    }
  | { readonly kind: "snapshots-untrusted"; readonly folder: string; readonly host: string }
  | { readonly kind: "leftover-in-use"; readonly vms: readonly string[] }
  | { readonly kind: "leftover-not-removed"; readonly folder: string; readonly cause: string }
  | { readonly kind: "vm-without-agent"; readonly vm: string }
  | { readonly kind: "vm-without-workspace"; readonly vm: string }
  | { readonly kind: "clone-missing"; readonly vm: string; readonly folder: string }
  | {
      readonly kind: "branch-missing";
      readonly vm: string;
      /** The branch as typed; undefined if none was. */
      readonly branch: string | undefined;
      readonly known: readonly string[];
    }
  | { readonly kind: "branch-too-large"; readonly branch: string }
  | { readonly kind: "push-refused"; readonly vm: string; readonly branch: string; readonly cause: string }
  | {
      readonly kind: "review-has-findings";
      readonly vm: string;
      readonly branch: string;
      /** The lines of the review. */
      readonly findings: readonly string[];
    }
  | { readonly kind: "merge-stopped"; readonly clone: string; readonly branch: string; readonly cause: string }
  | { readonly kind: "git-failed"; readonly folder: string; readonly command: string; readonly cause: string }
  | { readonly kind: "vm-timed-out"; readonly vm: string; readonly seconds: number }
  | { readonly kind: "vm-stopped"; readonly vm: string; readonly host: string; readonly state: string }
  | {
      readonly kind: "vm-not-started";
      readonly vm: string;
      readonly host: string;
      /** The unit that failed or is not ready. */
      readonly unit: string;
      readonly reason: string;
      /** The last lines of the unit in the journal. */
      readonly journal: readonly string[];
    }
  | { readonly kind: "host-key-unknown"; readonly vm: string; readonly host: string; readonly isKept: boolean }
  | { readonly kind: "command-failed"; readonly host: string; readonly command: string; readonly cause: string }
  | { readonly kind: "not-confirmed"; readonly question: string; readonly isAsked: boolean }
  | { readonly kind: "internal"; readonly error: string };

/** A fact that is missing on the command line and on the machine. */
export interface Question {
  readonly message: string;
  /** The option that answers it. */
  readonly option: string;
  /** The possible answers; any text if there are none. */
  readonly choices: readonly string[];
}

/** The content that `--force` would lose. */
export type LossReason = "edited" | "edited-on-branch" | "merged" | "foreign" | "imported";

/** A file that a run must overwrite or remove, but may not. */
export interface Conflict {
  /** Relative to the output directory. */
  readonly path: string;
  readonly reason: LossReason | "symlink" | "directory" | "not-a-directory" | "special" | "large";
}

/** A module of the user that Nix would not find. */
export interface UnreachableModule {
  /** As written in the config. */
  readonly path: string;
  readonly reason: "missing" | "outside" | "ignored";
}

/** A host that Nix cannot evaluate. */
export interface FailedHost {
  readonly host: string;
  /** Nix's message without its trace. */
  readonly message: string;
  /** The whole output of Nix. */
  readonly fullMessage: string;
  /** The causes; the first is the most likely place for a fix. */
  readonly origins: readonly ErrorOrigin[];
}

/** An exception with failures, for code that uses exceptions as `node:fs` does. */
export class Failed extends Error {
  readonly failures: readonly [Failure, ...Failure[]];

  constructor(...failures: readonly [Failure, ...Failure[]]) {
    super(failures.map(({ kind }) => kind).join(", "));
    this.failures = failures;
  }
}

/** The failures of an exception. Any exception except {@link Failed} is a bug of this program. */
export const failuresOf = (error: unknown): readonly [Failure, ...Failure[]] =>
  error instanceof Failed
    ? error.failures
    : [{ kind: "internal", error: error instanceof Error ? (error.stack ?? error.message) : String(error) }];
