import { collect, hasItToo } from "@microvm-emit/model/internal";
import type { Diagnostic, Findings } from "./diagnostic.js";
import { maxExcerpt, type Place } from "./place.js";
import type { Style } from "./style.js";
import { visible, visibleInLine } from "./visible.js";

/**
 * Formats findings for people, one block at a time: in source order, grouped by host or VM, with one code frame per
 * place.
 */
export function* formatFindings({ problems, silenced }: Findings, style: Style): Generator<string> {
  const groups = collect(inSourceOrder(problems).map((problem) => [aboutOf(problem), problem]));
  const ordered = [...groups].toSorted(([a], [b]) => Number(a !== "") - Number(b !== ""));
  let gap = "";
  const block = (text: string): string => {
    const spaced = `${gap}${text}\n`;
    gap = "\n";
    return spaced;
  };
  for (const [about, group] of ordered) {
    if (about !== "") yield block(style.bold(`${visibleInLine(about)}:`));
    for (const [position, problem] of group.entries())
      yield block(formatDiagnostic(problem, isSamePlace(problem.place, group[position - 1]?.place), style));
  }
  if (problems.length > 1 || silenced.length > 0) yield block(summary(problems, silenced.length));
}

/** The host or VM of a problem. */
const aboutOf = ({ path: [section, host, part, vm] = [], related = [] }: Diagnostic): string => {
  if (section !== "hosts" || host === undefined) return "";
  const sharers = related.filter(({ note }) => note === hasItToo);
  if (sharers.some(({ path }) => path?.[1] !== host)) return "";
  if (sharers.length > 0) return `Host ${host}`;
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
  const about = subject === undefined ? "" : subject.startsWith("/") ? style.path(subject) : visibleInLine(subject);
  return [
    [style.bold(tint(`${severity}[${code}]`)), ...(about === "" ? [] : [style.bold(about)])].join(" "),
    ...(place === undefined ? [] : [`  ${style.dim("-->")} ${formatPlace(place, style)}`]),
    ...(place === undefined || hasFrameAbove ? [] : frame(place, tint, style)),
    ...indented(message),
    ...details.map((line) => `    ${line.startsWith("/") ? style.path(line) : line}`),
    ...related
      .filter(({ note }) => note !== hasItToo)
      .flatMap((other) => [
        [
          `  ${style.dim("see:")} ${visibleInLine(other.subject)}`,
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
const frame = ({ line, column, lineText, lineTextColumn }: Place, tint: Style["red"], style: Style): string[] => {
  if (lineText === undefined) return [];
  const margin = " ".repeat(String(line).length);
  const [before, after] =
    lineTextColumn === undefined ? ["", ""] : [lineTextColumn > 1 ? "…" : "", lineText.length < maxExcerpt ? "" : "…"];
  // Tabs stay tabs, so the caret is right for any tab width.
  const gap = visible(before + lineText.slice(0, column - (lineTextColumn ?? 1))).replaceAll(/[^\t]/g, " ");
  const shown = `${style.dim(before)}${lineText}${style.dim(after)}`;
  return [`  ${style.dim(`${line} |`)} ${shown}`, `  ${style.dim(`${margin} |`)} ${gap}${tint("^")}`];
};
