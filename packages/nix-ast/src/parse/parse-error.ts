/** What keeps a text from being Nix: kinds of mistakes apart from their words, and both apart from how they are shown. */

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

/** One mistake. */
export interface SyntaxProblem {
  readonly kind: SyntaxErrorKind;
  /** Where it is, in UTF-16 units from the start of the text; `end` is past its last one. */
  readonly start: number;
  readonly end: number;
  /** One sentence. */
  readonly message: string;
  /** Where something that it is about began or was first said. */
  readonly related?: { readonly start: number; readonly end: number; readonly message: string };
}

/** All mistakes found in a text, in order; at least one. */
export interface ParseError {
  readonly _tag: "ParseError";
  readonly text: string;
  readonly problems: readonly [SyntaxProblem, ...SyntaxProblem[]];
}

/** A place in a text as editors count: line and column from 1, the column in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const LINE_END = /\r\n|\n|\r/g;

/** The line and column of an offset in `text`. Scans the text up to it. */
export const positionOf = (text: string, offset: number): Position => {
  let line = 1;
  let start = 0;
  for (const { index, 0: end } of text.slice(0, offset).matchAll(LINE_END)) {
    line++;
    start = index + end.length;
  }
  return { line, column: offset - start + 1 };
};

/** Columns of a long line that a caret view shows around the place. */
const SHOWN = 120;

/** The line of a place with carets under it, its number before it. */
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

/** The problems one after another, each with its line and carets under the place; `file` names the text. */
export const showParseError = ({ text, problems }: ParseError, file = "input"): string =>
  problems
    .map(({ start, end, message, related }) => {
      const { line, column } = positionOf(text, start);
      const head = `${file}:${String(line)}:${String(column)}: ${message}\n${frame(text, start, end)}`;
      return related === undefined ? head : `${head}\n${related.message}:\n${frame(text, related.start, related.end)}`;
    })
    .join("\n\n");
