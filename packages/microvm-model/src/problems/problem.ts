import { clip } from "../common/clip.js";
import type { ProblemCode } from "./problem-codes.js";

/** Where in a config: object keys and list positions from the top, `["hosts", "midna", "vms", "emacsvm", "vcpu"]`. */
export type ConfigPath = readonly (string | number)[];

/** What is wrong with a config, in words a person can act on. */
export interface Problem {
  /** Stable name of the rule, such as `duplicate-address`. */
  readonly code: ProblemCode;
  /** An error stops the run; a warning does not. */
  readonly severity: "error" | "warning";
  readonly path: ConfigPath;
  /** What is wrong, one sentence. */
  readonly message: string;
  /** What to do about it, one sentence in the imperative. */
  readonly remedy: string;
  /** Other places that take part, such as where a duplicate was first used. */
  readonly related?: readonly RelatedPlace[];
}

export interface RelatedPlace {
  readonly path: ConfigPath;
  readonly note: string;
}

/** The note of a further VM, or of a further place, that has the same problem. */
export const hasItToo = "has it too";

/** `hosts.midna.vms.emacsvm.shares[0].tag`, with keys that are no identifiers in quotes. */
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

/** An error at a place. */
export const error = (
  code: ProblemCode,
  path: ConfigPath,
  message: string,
  remedy: string,
  related: readonly RelatedPlace[] = [],
): Problem => ({
  code,
  severity: "error",
  path,
  message: clip(message, maxText),
  remedy: clip(remedy, maxText),
  ...(related.length > 0 && { related: related.map(({ path: other, note }) => ({ path: other, note: clip(note) })) }),
});

/** A name or a value of a config may be of any length, and is part of what is told of it. */
const maxText = 800;

/** A warning at a place. */
export const warning = (...problem: Parameters<typeof error>): Problem => ({
  ...error(...problem),
  severity: "warning",
});
