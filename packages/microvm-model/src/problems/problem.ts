import { clip } from "../common/clip.js";
import type { ProblemCode } from "./problem-codes.generated.js";

/** A place in a config: object keys and list positions from the top, `["hosts", "midna", "vms", "emacsvm", "vcpu"]`. */
export type ConfigPath = readonly (string | number)[];

/**
 * A problem of a config, with a remedy.
 *
 * @typeParam Code the codes; `string` for custom rules.
 */
export interface Problem<Code extends string = ProblemCode> {
  /** Stable name of the rule, such as `duplicate-address`. */
  readonly code: Code;
  /** An error stops the run; a warning does not. */
  readonly severity: "error" | "warning";
  /** The setting. */
  readonly path: ConfigPath;
  /** A noun phrase or sentence without a period: the value found and the value expected. */
  readonly message: string;
  /** One imperative sentence. */
  readonly remedy: string;
  /** True if a missing setting can cause it. Such a problem is not reported next to a misspelt key. */
  readonly isOfAbsence?: true;
  /** Related places, such as the first use of a duplicate. */
  readonly related?: readonly RelatedPlace[];
}

/** Another place of a problem. */
export interface RelatedPlace {
  /** The setting. */
  readonly path: ConfigPath;
  /** Its part in the problem. */
  readonly note: string;
}

/** The note of a further VM, or of a further place, that has the same problem. */
export const hasItToo = "has it too";

/** `hosts.midna.vms.emacsvm.shares[0].tag`; keys that are not identifiers are in quotes. */
export const formatPath = (path: ConfigPath): string =>
  path
    .map((step, position) =>
      typeof step === "number"
        ? `[${String(step)}]`
        : /^[A-Za-z_$][\w$-]*$/.test(step)
          ? `${position === 0 ? "" : "."}${step}`
          : `[${JSON.stringify(step)}]`,
    )
    .join("");

/** A message contains names and values of the config, which can have any length. */
const maxText = 800;

type Severity = Problem["severity"];

/** Reports a problem at a path of the config; clips long messages. */
export type Report = (path: ConfigPath, message: string, remedy: string, related?: readonly RelatedPlace[]) => Problem;

type Kind = Pick<Problem, "isOfAbsence">;

interface DeclareProblem {
  (code: ProblemCode, severity: Severity, kind?: Kind): Report;
  (code: ProblemCode, severity: "error or warning", kind?: Kind): Readonly<Record<Severity, Report>>;
}

/**
 * Declares a code. The comment in front of a declaration documents it: title, reason, failing and passing config.
 * scripts/problems.js reads comment, code and severity from the source, so both arguments are literals.
 */
export const problem = ((code: ProblemCode, severity: Severity | "error or warning", kind: Kind = {}) => {
  const report =
    (reported: Severity): Report =>
    (path, message, remedy, related = []) => ({
      code,
      severity: reported,
      path,
      message: clip(message, maxText),
      remedy: clip(remedy, maxText),
      ...kind,
      ...(related.length > 0 && {
        related: related.map(({ path: other, note }) => ({ path: other, note: clip(note) })),
      }),
    });
  return severity === "error or warning" ? { error: report("error"), warning: report("warning") } : report(severity);
}) as DeclareProblem;
