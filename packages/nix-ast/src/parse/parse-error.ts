/** Syntax errors: their kinds, their messages, and their display with a source excerpt. */

export type SyntaxErrorKind =
  | "unexpected"
  | "unclosed"
  | "unclosedText"
  | "unclosedComment"
  | "unknownCharacter"
  | "nul"
  | "surrogate"
  | "needsParentheses"
  | "chainedComparison"
  | "mixedPipes"
  | "trailingSlash"
  | "intTooLarge"
  | "floatOutOfRange"
  | "duplicateAttribute"
  | "duplicateFormal"
  | "dynamicName"
  | "hole";

/** One syntax error. */
export interface SyntaxProblem {
  readonly kind: SyntaxErrorKind;
  /** Offsets in UTF-16 units; `end` is after the last unit. */
  readonly start: number;
  /** The offset after it. */
  readonly end: number;
  /** One sentence without a full stop. */
  readonly message: string;
  /** A second place that explains the error, such as an opening bracket or the first definition. */
  readonly related?: { readonly start: number; readonly end: number; readonly message: string };
}

/** All syntax errors of a text in order, at least one. */
export interface ParseError {
  readonly _tag: "ParseError";
  /** The source. */
  readonly text: string;
  /** All mistakes, in the order of the source. */
  readonly problems: readonly [SyntaxProblem, ...SyntaxProblem[]];
}

/** A line and column as editors count: both from 1, the column in UTF-16 units. */
export interface Position {
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1, in UTF-16 units. */
  readonly column: number;
}

const LINE_END = /\r\n|\n|\r/g;

/** Converts an offset in `text` to a line and column. Takes time proportional to the offset. */
export const positionOf = (text: string, offset: number): Position => {
  let line = 1;
  let start = 0;
  for (const { index, 0: end } of text.slice(0, offset).matchAll(LINE_END)) {
    line++;
    start = index + end.length;
  }
  return { line, column: offset - start + 1 };
};

/** Columns that an excerpt of a long line shows before and after the error. */
const SHOWN = 120;

/** The source line with its number, and carets under the error. */
const frame = (text: string, start: number, end: number): string => {
  const { line, column } = positionOf(text, start);
  const lineStart = start - column + 1;
  const rest = /[\r\n]/.exec(text.slice(start, start + SHOWN));
  const lineEnd = rest ? start + rest.index : Math.min(text.length, start + SHOWN);
  const from = Math.max(lineStart, start - SHOWN);
  const shown = text.slice(from, lineEnd).replaceAll("\t", " ");
  const gutter = `${String(line)} | `;
  const carets = "^".repeat(Math.max(1, Math.min(end, lineEnd) - start));
  return `${gutter}${shown}\n${" ".repeat(gutter.length - 2)}| ${" ".repeat(start - from)}${carets}`;
};

/** All problems as text, each with `file`, line, column and a source excerpt with carets. */
export const showParseError = ({ text, problems }: ParseError, file = "input"): string =>
  problems
    .map(({ start, end, message, related }) => {
      const { line, column } = positionOf(text, start);
      const head = `${file}:${String(line)}:${String(column)}: ${message}\n${frame(text, start, end)}`;
      return related === undefined ? head : `${head}\n${related.message}:\n${frame(text, related.start, related.end)}`;
    })
    .join("\n\n");
