/** A Nix file's text between its nodes: white space, comments, lines. Offsets are those of nodes, in UTF-16 units. */
import { commentEnd } from "../parse/blanks.js";

/** A stretch of a text; `end` is past its last unit. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What holds elements between brackets: a set, a list. */
export interface Sequence<Element extends Range = Range> {
  /** After the opening bracket. */
  readonly open: number;
  /** Before the closing one. */
  readonly close: number;
  readonly elements: readonly Element[];
}

/** The comments in a stretch that holds nothing else but white space. */
export const commentsIn = (text: string, from: number, to: number): readonly Range[] => {
  const found: Range[] = [];
  for (let at = from; at < to; at++) {
    const end = commentEnd(text, at);
    if (end === undefined) continue;
    found.push({ start: at, end });
    at = end - 1;
  }
  return found;
};

export const lineStart = (text: string, at: number): number => {
  let start = at;
  while (start > 0 && !/[\r\n]/.test(text[start - 1] ?? "")) start--;
  return start;
};

/** After the end of the line that `at` is on, with its line break. */
export const nextLine = (text: string, at: number): number => {
  const end = /\r\n|\n|\r|$/g;
  end.lastIndex = at;
  const found = end.exec(text);
  return found ? found.index + found[0].length : text.length;
};

/** The white space that a line begins with. */
export const indentation = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, at), at))?.[0] ?? "";

/** Whether only white space stands before an offset on its line. */
export const beginsLine = (text: string, at: number): boolean => /^[ \t]*$/.test(text.slice(lineStart(text, at), at));

export const isMultiline = (text: string): boolean => /[\r\n]/.test(text);

/** Where an element ends with the comments after it on its line, and what comes then. */
export const withTrailing = (text: string, end: number): { readonly end: number; readonly endsLine: boolean } => {
  let last = end;
  for (let at = end; ;) {
    while (text[at] === " " || text[at] === "\t") at++;
    if (at >= text.length || /[\r\n]/.test(text[at] ?? "")) return { end: last, endsLine: true };
    const comment = commentEnd(text, at);
    if (comment === undefined || isMultiline(text.slice(at, comment))) {
      return { end: /[\]})]/.test(text[at] ?? "") ? last : end, endsLine: false };
    }
    last = at = comment;
  }
};

/** Where the comments begin that stand right above a line, with no blank line between; `from` is the end of the token before. */
export const commentsAbove = (text: string, from: number, line: number): number => {
  let top = line;
  for (const { start, end } of commentsIn(text, from, line).toReversed()) {
    if (!beginsLine(text, start) || lineStart(text, start) < from) return top;
    if (nextLine(text, end) !== top || text.slice(end, top).trim() !== "") return top;
    top = lineStart(text, start);
  }
  return top;
};

/** How a file is written, for what is added to it. */
export interface Style {
  readonly newline: "\n" | "\r\n";
  /** One level of indentation. */
  readonly unit: string;
}

export const styleOf = (text: string): Style => {
  const breaks = text.match(/\r?\n/g) ?? [];
  const crlf = breaks.filter((newline) => newline.length === 2).length;
  const indents = text.match(/^[ \t]+(?=[A-Za-z_"\]})])/gm) ?? [];
  const tabs = indents.filter((indent) => indent.startsWith("\t")).length;
  const narrowest = indents.reduce((least, { length }) => Math.min(least, length), Infinity);
  return {
    newline: crlf * 2 > breaks.length ? "\r\n" : "\n",
    unit: tabs * 2 > indents.length ? "\t" : narrowest === 4 || narrowest === 8 ? " ".repeat(narrowest) : "  ",
  };
};
