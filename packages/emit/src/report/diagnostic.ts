import type { ConfigPath } from "@microvm-emit/model";
import type { Place } from "./place.js";

/** One thing to tell a person, whatever it came from: the one shape that reports and JSON are made of. */
export interface Diagnostic {
  /** Stable name, such as `duplicate-address` or `config-missing`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** The config path, file or host it is about. */
  readonly subject?: string;
  /** The config path step by step, where it is about one. */
  readonly path?: ConfigPath;
  readonly place?: Place;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Lines that belong to the message: the files in the way, the frames of a stack. */
  readonly details?: readonly string[];
  readonly related?: readonly RelatedDiagnostic[];
}

/** A warning that the config silences. */
export interface SilencedDiagnostic extends Diagnostic {
  /** Why, as the config says it. */
  readonly reason: string;
}

/** What a run has to say of a config. */
export interface Findings {
  readonly problems: readonly Diagnostic[];
  readonly silenced: readonly SilencedDiagnostic[];
}

export interface RelatedDiagnostic {
  readonly subject: string;
  /** The config path step by step, where it is one. */
  readonly path?: ConfigPath;
  readonly place?: Place;
  readonly note: string;
}
