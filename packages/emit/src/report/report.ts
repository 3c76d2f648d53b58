import { libraryFolder } from "../compile/flake/library-source.js";
import type { Findings } from "./diagnostic.js";
import type { CheckedHost, Progress } from "../check/nix.js";
import type { HostSummary } from "./plan-summary.js";
import type { ProblemPage } from "./problem-page.js";
import type { Written } from "../output/write.js";

/** How a run that did what it was asked to ended. */
export type Outcome =
  | {
      readonly kind: "emitted";
      readonly dir: string;
      readonly files: Written;
      readonly lock: {
        readonly file: string;
        readonly changed: boolean;
        /** The lock file that it has its entries from, where its config was renamed. */
        readonly from?: string;
        /** Whether it had conflict markers of a merge. */
        readonly merged?: boolean;
      };
      /** The commands to type now. */
      readonly next: readonly string[];
      readonly findings: Findings;
    }
  | {
      readonly kind: "checked";
      readonly hosts: readonly CheckedHost[];
      readonly findings: Findings;
    }
  | {
      readonly kind: "planned";
      readonly hosts: readonly HostSummary[];
      /** The summary for people, prose at most `width` columns wide. */
      readonly text: (style: Style, width: number) => string;
      readonly findings: Findings;
    }
  | {
      readonly kind: "stopped";
      readonly after: "plan" | "ast" | "text";
      readonly value: unknown;
      /** The value as it is printed for people. */
      readonly text: string;
      readonly findings: Findings;
    }
  | {
      readonly kind: "explained";
      readonly pages: readonly ProblemPage[];
      /** The pages for people, prose at most `width` columns wide. */
      readonly text: (style: Style, width: number) => string;
    }
  | { readonly kind: "told"; readonly text: string };

/** What a run that did what it was asked to has to say of the config. */
export const findingsIn = (outcome: Outcome): Findings =>
  "findings" in outcome ? outcome.findings : { problems: [], silenced: [] };

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

/** An outcome for people, prose at most `width` columns wide. */
export const formatOutcome = (outcome: Outcome, style: Style, width: number): string => {
  switch (outcome.kind) {
    case "told":
    case "stopped":
      return outcome.text;
    case "explained":
    case "planned":
      return outcome.text(style, width);
    case "emitted": {
      const { dir, files, lock, next } = outcome;
      const { written, unchanged, removed } = files;
      const lines = [
        ...listed(written, (path) => `${style.green("written")}  ${style.path(`${dir}/${path}`)}`),
        ...listed(removed, (path) => `${style.red("removed")}  ${style.path(`${dir}/${path}`)}`),
        ...(lock.changed ? [`${style.green("written")}  ${style.path(lock.file)}${lockRemark(lock, style)}`] : []),
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

const lockRemark = ({ from, merged }: Extract<Outcome, { kind: "emitted" }>["lock"], { path }: Style): string => {
  const remarks = [
    ...(merged === true ? ["merge conflict resolved"] : []),
    ...(from === undefined ? [] : [`from ${path(from)}`]),
  ];
  return remarks.length === 0 ? "" : ` (${remarks.join(", ")})`;
};

const fileCount = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

/** More lines than a person reads are counted instead. */
const maxListed = 40;

/** The library's files count as one. */
const listed = (paths: readonly string[], line: (path: string) => string): string[] => {
  const isOfLibrary = (path: string): boolean => path.startsWith(`${libraryFolder}/`);
  const others = paths.filter((path) => !isOfLibrary(path));
  const ofLibrary = paths.length - others.length;
  return [
    ...others.slice(0, maxListed).map(line),
    ...(others.length > maxListed ? [`…and ${fileCount(others.length - maxListed)} more`] : []),
    ...(ofLibrary === 0 ? [] : [`${line(libraryFolder)} (${fileCount(ofLibrary)})`]),
  ];
};

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

/** What `--format json` prints: one object, whatever the outcome; docs/problems.md says what it holds. */
export interface Report extends Findings {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly [more: string]: unknown;
}

export const failureReport = (exitCode: number, findings: Findings): Report => ({
  ok: false,
  exitCode,
  ...findings,
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
        ...outcome.findings,
      };
    case "planned":
    case "checked":
      return { ...ok, hosts: outcome.hosts, ...outcome.findings };
    case "stopped":
      return { ...ok, stage: outcome.after, [outcome.after]: outcome.value, ...outcome.findings };
    case "explained":
      return { ...ok, pages: outcome.pages, ...findingsIn(outcome) };
    case "told":
      return { ...ok, text: outcome.text, ...findingsIn(outcome) };
  }
};

/** JSON of anything in a plan or tree of ours: integers beyond what JSON numbers hold become strings. */
export const toJson = (value: unknown): string => [...jsonPieces(value)].join("");

/** The same in pieces, none of which holds more than an item of a list: a whole report may be longer than a string can be. */
export function* jsonPieces(value: unknown, indent = ""): Generator<string> {
  const entries: readonly (readonly [label: string, part: unknown])[] | undefined = Array.isArray(value)
    ? value.map((part: unknown) => ["", part])
    : isRecord(value)
      ? Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[`${JSON.stringify(key)}: `, part]]))
      : undefined;
  if (entries === undefined || entries.length === 0 || indent.length > maxDepth * 2) {
    yield JSON.stringify(value ?? null, bigintAsText, 2).replaceAll("\n", `\n${indent}`);
    return;
  }
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  for (const [position, [label, part]] of entries.entries()) {
    yield `${position === 0 ? (open ?? "") : ","}\n${indent}  ${label}`;
    yield* jsonPieces(part, `${indent}  `);
  }
  yield `\n${indent}${close ?? ""}`;
}

/** How deep lists that grow with a config lie: a SARIF log's results are `runs[0].results[n]`. */
const maxDepth = 4;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const bigintAsText = (_key: string, part: unknown): unknown => (typeof part === "bigint" ? part.toString() : part);
