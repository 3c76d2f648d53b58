import type { ConfigPath } from "@microvm-emit/model";
import type { Place } from "./place.js";

/** A message to the user; reports, JSON and SARIF are made of these. */
export interface Diagnostic {
  /** Stable name, such as `duplicate-address` or `config-missing`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** Config path, file or host. */
  readonly subject?: string;
  /** Steps of the config path, if there is one. */
  readonly path?: ConfigPath;
  readonly place?: Place;
  /** The fault. */
  readonly message: string;
  /** The fix. */
  readonly remedy: string;
  /** Additional lines: conflicting files, stack frames. */
  readonly details?: readonly string[];
  readonly related?: readonly RelatedDiagnostic[];
}

export interface SilencedDiagnostic extends Diagnostic {
  /** The reason in the config. */
  readonly reason: string;
}

/** Warnings of a config. */
export interface Findings {
  readonly problems: readonly Diagnostic[];
  readonly silenced: readonly SilencedDiagnostic[];
}

export interface RelatedDiagnostic {
  readonly subject: string;
  /** Steps of the config path, if there is one. */
  readonly path?: ConfigPath;
  readonly place?: Place;
  readonly note: string;
}
