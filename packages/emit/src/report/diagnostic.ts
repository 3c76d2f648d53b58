import type { ConfigPath } from "@microvm-emit/model";
import type { Place } from "./place.js";

/** A message to the user, for reports, JSON and SARIF. */
export interface Diagnostic {
  /** Stable name, such as `duplicate-address` or `config-missing`. */
  readonly code: string;
  /** An error stops the run; a warning does not. */
  readonly severity: "error" | "warning";
  /** Config path, file or host. */
  readonly subject?: string;
  /** Steps of the config path, if there is one. */
  readonly path?: ConfigPath;
  /** The line of the source, if it was found. */
  readonly place?: Place;
  /** The fault. */
  readonly message: string;
  /** The fix. */
  readonly remedy: string;
  /** Additional lines: conflicting files, stack frames. */
  readonly details?: readonly string[];
  /** Related places. */
  readonly related?: readonly RelatedDiagnostic[];
}

/** A warning that the config silences. */
export interface SilencedDiagnostic extends Diagnostic {
  /** The reason in the config. */
  readonly reason: string;
}

/** Warnings of a config. */
export interface Findings {
  /** The warnings that the config does not silence. */
  readonly problems: readonly Diagnostic[];
  /** The silenced warnings. */
  readonly silenced: readonly SilencedDiagnostic[];
}

/** A related place of a problem, such as the first use of a duplicate. */
export interface RelatedDiagnostic {
  /** Config path, file or host. */
  readonly subject: string;
  /** Steps of the config path, if there is one. */
  readonly path?: ConfigPath;
  /** The line of the source, if it was found. */
  readonly place?: Place;
  /** Its part in the problem. */
  readonly note: string;
}
