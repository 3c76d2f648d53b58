import { collect } from "@microvm-emit/model";
import type { Diagnostic, Findings } from "./diagnostic.js";
import type { Place } from "./place.js";
import type { Style } from "./report.js";

/**
 * What is to be said of a config, for people: in the order of the source, what is said of one host or VM together, and
 * what is said of one place under one code frame.
 */
export const formatFindings = ({ problems, silenced }: Findings, style: Style): string => {
  const groups = collect(inSourceOrder(problems).map((problem) => [aboutOf(problem.path), problem]));
  const ordered = [...groups].toSorted(([a], [b]) => Number(a !== "") - Number(b !== ""));
  const blocks = ordered.flatMap(([about, group]) => [
    ...(about === "" ? [] : [style.bold(`${about}:`)]),
    ...group.map((problem, position) =>
      formatDiagnostic(problem, isSamePlace(problem.place, group[position - 1]?.place), style),
    ),
  ]);
  const counted = problems.length > 1 || silenced.length > 0 ? [summary(problems, silenced.length)] : [];
  return [...blocks, ...counted].map((block) => `${block}\n`).join("\n");
};

/** The host or VM that a config path lies in. */
const aboutOf = ([section, host, part, vm]: readonly (string | number)[] = []): string => {
  if (section !== "hosts" || host === undefined) return "";
  return part === "vms" && vm !== undefined ? `VM ${vm} of host ${host}` : `Host ${host}`;
};

const summary = (problems: readonly Diagnostic[], silenced: number): string => {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const counts = [
    ...counted(errors, "error"),
    ...counted(problems.length - errors, "warning"),
    ...counted(silenced, "warning").map((count) => `${count} silenced`),
  ];
  return counts.join(", ");
};

const counted = (count: number, noun: string): readonly string[] =>
  count === 0 ? [] : [`${count} ${noun}${count === 1 ? "" : "s"}`];

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
    ...related.flatMap((other) => [
      [
        `  ${style.dim("see:")} ${other.subject}`,
        ...(other.place === undefined ? [] : [`(${formatPlace(other.place, style)})`]),
        other.note,
      ].join(" "),
    ]),
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
