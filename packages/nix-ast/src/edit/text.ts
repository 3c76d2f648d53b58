/** White space, comments and lines between the nodes of a file. Offsets are in UTF-16 units, as in nodes. */
import { commentEnd } from "../parse/blanks.js";

/** A range of text; `end` is after its last unit. */
export interface Range {
  /** The first offset, in UTF-16 units. */
  readonly start: number;
  /** The offset after the last one. */
  readonly end: number;
}

/** The inside of a set or list. */
export interface Sequence<Element extends Range = Range> {
  /** After the opening bracket. */
  readonly open: number;
  /** Before the closing one. */
  readonly close: number;
  readonly elements: readonly Element[];
}

/** The comments in a range of comments and white space. */
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

/** The offset after the line of `at` and its line break. */
export const nextLine = (text: string, at: number): number => {
  const end = /\r\n|\n|\r|$/g;
  end.lastIndex = at;
  const found = end.exec(text);
  return found ? found.index + found[0].length : text.length;
};

/** The indentation of a line. */
export const indentation = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, at), at))?.[0] ?? "";

/** True if an offset is the first on its line, except for white space. */
export const beginsLine = (text: string, at: number): boolean => /^[ \t]*$/.test(text.slice(lineStart(text, at), at));

export const isMultiline = (text: string): boolean => /[\r\n]/.test(text);

/** The end of an element together with the comments after it on its line. */
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

/**
 * The start of the comments directly above a line, without a blank line in between; `from` is the end of the token
 * before.
 */
export const commentsAbove = (text: string, from: number, line: number): number => {
  let top = line;
  for (const { start, end } of commentsIn(text, from, line).toReversed()) {
    if (!beginsLine(text, start) || lineStart(text, start) < from) return top;
    if (nextLine(text, end) !== top || text.slice(end, top).trim() !== "") return top;
    top = lineStart(text, start);
  }
  return top;
};

/** The style of a file, for added text. */
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
