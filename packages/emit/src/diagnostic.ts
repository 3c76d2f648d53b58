import type { Place } from "./place.js";

/** One thing to tell a person, whatever it came from: the one shape that reports and JSON are made of. */
export interface Diagnostic {
  /** Stable name, such as `duplicate-address` or `config-missing`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** The config path, file or host it is about. */
  readonly subject?: string;
  readonly place?: Place;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Lines that belong to the message: the files in the way, the frames of a stack. */
  readonly details?: readonly string[];
  readonly related?: readonly RelatedDiagnostic[];
}

export interface RelatedDiagnostic {
  readonly subject: string;
  readonly place?: Place;
  readonly note: string;
}
