import type { Findings } from "./diagnostic.js";
import type { Style } from "./style.js";

/** The result of a successful command. */
export interface Outcome<Json extends object = object> {
  /** The result for `--json`, next to `ok`, `exitCode` and the findings. */
  readonly json: Json;
  /** The result for people; prose is at most `width` columns wide. */
  readonly text: (style: Style, width: number) => string;
  /** The result as Markdown, for commands with that format. */
  readonly markdown?: () => string;
  readonly findings: Findings;
  /** The exit code, if success has several; 0 by default. */
  readonly exitCode?: number;
  /** True if the text is source code, which must reach other programs unchanged. */
  readonly isSource?: true;
}

export const noFindings: Findings = { problems: [], silenced: [] };

/** The object that `--format json` prints for every command; see docs/problems.md. */
export interface Report extends Findings {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly [more: string]: unknown;
}

export const failureReport = (exitCode: number, findings: Findings): Report => ({ ok: false, exitCode, ...findings });

export const outcomeReport = ({ json, findings, exitCode = 0 }: Outcome): Report => ({
  ok: true,
  exitCode,
  ...json,
  ...findings,
});
