import type { Diagnostic } from "./diagnostic.js";
import type { CheckedHost, Progress } from "./nix.js";
import type { Place } from "./place.js";
import type { ProblemPage } from "./problem-page.js";
import type { Written } from "./write.js";

/** How a run that did what it was asked to ended. */
export type Outcome =
  | {
      readonly kind: "emitted";
      readonly dir: string;
      readonly files: Written;
      readonly lock: { readonly file: string; readonly changed: boolean };
      /** The commands to type now. */
      readonly next: readonly string[];
      readonly warnings: readonly Diagnostic[];
    }
  | {
      readonly kind: "checked";
      readonly hosts: readonly CheckedHost[];
      readonly warnings: readonly Diagnostic[];
    }
  | {
      readonly kind: "stopped";
      readonly after: "plan" | "ast" | "text";
      readonly value: unknown;
      /** The value as it is printed for people. */
      readonly text: string;
      readonly warnings: readonly Diagnostic[];
    }
  | {
      readonly kind: "explained";
      readonly pages: readonly ProblemPage[];
      /** The pages for people, prose at most `width` columns wide. */
      readonly text: (style: Style, width: number) => string;
    }
  | { readonly kind: "told"; readonly text: string };

/** How to show things where they are read. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** An absolute path as the reader would type it. */
  readonly path: (file: string) => string;
}

/** Diagnostics for people: in the order of the source, those at one place together under one code frame. */
export const formatDiagnostics = (diagnostics: readonly Diagnostic[], style: Style): string => {
  const blocks = inSourceOrder(diagnostics).map((diagnostic, position, all) =>
    formatDiagnostic(diagnostic, isSamePlace(diagnostic.place, all[position - 1]?.place), style),
  );
  return blocks.length === 0 ? "" : `${blocks.join("\n\n")}\n`;
};

const inSourceOrder = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  diagnostics.toSorted((a, b) => {
    if (a.place === undefined || b.place === undefined)
      return Number(a.place === undefined) - Number(b.place === undefined);
    if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
    return a.place.line - b.place.line || a.place.column - b.place.column;
  });

const isSamePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  a !== undefined && a.file === b?.file && a.line === b.line && a.column === b.column;

const formatDiagnostic = (diagnostic: Diagnostic, hasFrameAbove: boolean, style: Style): string => {
  const { code, severity, subject, place, message, remedy, details = [], related = [] } = diagnostic;
  const tint = severity === "error" ? style.red : style.yellow;
  const about = subject === undefined ? "" : subject.startsWith("/") ? style.path(subject) : subject;
  return [
    [style.bold(tint(`${severity}[${code}]`)), ...(about === "" ? [] : [style.bold(about)])].join(" "),
    ...(place === undefined ? [] : [`  ${style.dim("-->")} ${formatPlace(place, style)}`]),
    ...(place === undefined || hasFrameAbove ? [] : frame(place, tint, style)),
    ...indented(message),
    ...details.map((line) => `    ${line.startsWith("/") ? style.path(line) : line}`),
    ...related.map((other) =>
      [
        `  ${style.dim("see:")} ${other.subject}`,
        ...(other.place === undefined ? [] : [`(${formatPlace(other.place, style)})`]),
        other.note,
      ].join(" "),
    ),
    `  ${style.cyan("help:")} ${remedy}`,
  ].join("\n");
};

const indented = (text: string): string[] => text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));

const formatPlace = ({ file, line, column }: Place, style: Style): string => `${style.path(file)}:${line}:${column}`;

/** The line with a caret below the column. */
const frame = ({ line, column, lineText }: Place, tint: Style["red"], style: Style): string[] => {
  if (lineText === undefined) return [];
  const margin = " ".repeat(String(line).length);
  // Tabs stay tabs, so that the caret stands right whatever their width.
  const gap = lineText.slice(0, column - 1).replaceAll(/[^\t]/g, " ");
  return [`  ${style.dim(`${line} |`)} ${lineText}`, `  ${style.dim(`${margin} |`)} ${gap}${tint("^")}`];
};

/** An outcome for people. */
export const formatOutcome = (
  outcome: Exclude<Outcome, { kind: "told" | "explained" | "stopped" }>,
  style: Style,
): string => {
  switch (outcome.kind) {
    case "emitted": {
      const { dir, files, lock, next } = outcome;
      const { written, unchanged, removed } = files;
      const lines = [
        ...listed(written, (path) => `${style.green("written")}  ${style.path(`${dir}/${path}`)}`),
        ...listed(removed, (path) => `${style.red("removed")}  ${style.path(`${dir}/${path}`)}`),
        ...(lock.changed ? [`${style.green("written")}  ${style.path(lock.file)}`] : []),
        ...(unchanged.length === 0
          ? []
          : [style.dim(`${fileCount(unchanged.length)} unchanged in ${style.path(dir)}`)]),
      ];
      return `${[...lines, "", "Next:", ...next.map((command) => `  ${style.bold(command)}`)].join("\n")}\n`;
    }
    case "checked":
      return `${outcome.hosts
        .flatMap(({ host, drvPath, warnings }) => [
          `${style.green("fine")}  ${host}  ${style.dim(drvPath)}`,
          ...warnings.map((warning) => `  ${style.yellow("warning:")} ${warning.replaceAll("\n", "\n    ")}`),
        ])
        .join("\n")}\n`;
  }
};

const fileCount = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

/** More lines than a person reads are counted instead. */
const maxListed = 40;

const listed = (paths: readonly string[], line: (path: string) => string): string[] => [
  ...paths.slice(0, maxListed).map(line),
  ...(paths.length > maxListed ? [`…and ${fileCount(paths.length - maxListed)} more`] : []),
];

/** One event of a check as a line. */
export const formatProgress = (progress: Progress, style: Style): string => {
  switch (progress.kind) {
    case "started":
      return `evaluating ${progress.host} (${progress.position} of ${progress.count})`;
    case "fine":
      return `${style.green("fine")}    ${progress.host} ${style.dim(seconds(progress.milliseconds))}`;
    case "failed":
      return `${style.red("failed")}  ${progress.host} ${style.dim(seconds(progress.milliseconds))}`;
  }
};

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** What `--json` prints: one object, whatever the outcome. */
export interface Report {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly problems: readonly Diagnostic[];
  readonly [more: string]: unknown;
}

export const failureReport = (exitCode: number, problems: readonly Diagnostic[]): Report => ({
  ok: false,
  exitCode,
  problems,
});

export const outcomeReport = (outcome: Outcome): Report => {
  const ok = { ok: true, exitCode: 0 };
  switch (outcome.kind) {
    case "emitted":
      return {
        ...ok,
        directory: outcome.dir,
        ...outcome.files,
        lock: outcome.lock,
        next: outcome.next,
        problems: outcome.warnings,
      };
    case "checked":
      return { ...ok, hosts: outcome.hosts, problems: outcome.warnings };
    case "stopped":
      return { ...ok, stage: outcome.after, [outcome.after]: outcome.value, problems: outcome.warnings };
    case "explained":
      return { ...ok, pages: outcome.pages, problems: [] };
    case "told":
      return { ...ok, text: outcome.text, problems: [] };
  }
};

/** JSON of anything in a plan or tree of ours: integers beyond what JSON numbers hold become strings. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2);
