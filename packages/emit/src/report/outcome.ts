import type { Findings } from "./diagnostic.js";
import type { Style } from "./style.js";

/** How a command ended that did what it was asked to. */
export interface Outcome<Json extends object = object> {
  /** The result as `--json` prints it, beside `ok`, `exitCode` and the findings. */
  readonly json: Json;
  /** The result for people, prose at most `width` columns wide. */
  readonly text: (style: Style, width: number) => string;
  readonly findings: Findings;
  /** The exit code where success has more than one; 0 by default. */
  readonly exitCode?: number;
  /** Whether the text is source code, which another program must get unchanged. */
  readonly isSource?: true;
}

export const noFindings: Findings = { problems: [], silenced: [] };

/** The object that `--format json` prints, whatever the command; docs/problems.md describes it. */
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
