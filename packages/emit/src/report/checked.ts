import type { Style } from "./style.js";

/** A host that Nix evaluated. */
export interface CheckedHost {
  /** Its name. */
  readonly host: string;
  /** The store path of the host's system derivation. */
  readonly drvPath: string;
  /** The duration of the evaluation. */
  readonly milliseconds: number;
  /** The warnings of Nix and of modules. */
  readonly warnings: readonly string[];
}

/** A step of a check: hosts are evaluated one after the other, since each takes seconds and much memory. */
export type Progress =
  | { readonly kind: "started"; readonly host: string; readonly position: number; readonly count: number }
  | { readonly kind: "ok"; readonly host: string; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly host: string; readonly milliseconds: number };

/** Called at each step of an evaluation. */
export type OnProgress = (event: Progress) => void;

export const formatChecked = (hosts: readonly CheckedHost[], style: Style): string =>
  `${hosts
    .flatMap(({ host, drvPath, warnings }) => [
      `${style.green("ok")}  ${host}  ${style.dim(drvPath)}`,
      ...warnings.map((warning) => `  ${style.yellow("warning:")} ${warning.replaceAll("\n", "\n    ")}`),
    ])
    .join("\n")}\n`;

/** Formats a progress event as one line. */
export const formatProgress = (progress: Progress, style: Style): string => {
  switch (progress.kind) {
    case "started":
      return `evaluating ${progress.host} (${progress.position} of ${progress.count})`;
    case "ok":
      return `${style.green("ok")}      ${progress.host} ${style.dim(seconds(progress.milliseconds))}`;
    case "failed":
      return `${style.red("failed")}  ${progress.host} ${style.dim(seconds(progress.milliseconds))}`;
  }
};

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
