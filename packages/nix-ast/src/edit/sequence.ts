/** Inserts and removes elements of sets and lists, in the style of the lines around them. */
import type { Splice } from "./file.js";
import { textAt, type Fragment } from "./fragment.js";
import {
  beginsLine,
  commentsAbove,
  commentsIn,
  indentation,
  isMultiline,
  lineStart,
  nextLine,
  styleOf,
  withTrailing,
  type Range,
  type Sequence,
  type Style,
} from "./text.js";

/** The maximum width of a line without its indentation, as in nixfmt. */
const WIDTH = 100;

const fits = (text: string, at: number, added: number): boolean =>
  text.slice(lineStart(text, at), nextLine(text, at)).trim().length + added <= WIDTH;

const insertion = (at: number, text: string): Splice => ({ start: at, end: at, text });

/** Inserts an element after the element with index `after`. If there is no such element, the sequence must be empty. */
export const insertElement = (
  text: string,
  sequence: Sequence,
  after: number,
  fragment: Fragment,
  {
    spreadEmpty,
  }: { /** True if an element of an empty sequence gets a separate line. */ readonly spreadEmpty: boolean },
): readonly Splice[] => {
  const style = styleOf(text);
  const anchor = sequence.elements[after];
  if (anchor === undefined) return [insertFirst(text, sequence, fragment, spreadEmpty, style)];
  const line = text.slice(lineStart(text, anchor.start), anchor.start);
  const trailing = withTrailing(text, anchor.end);
  if (beginsLine(text, anchor.start)) {
    const gap = separated(text, sequence, after) && !fragment.oneLine ? style.newline : "";
    const at = trailing.endsLine ? afterSpaces(text, trailing.end) : anchor.end;
    return [insertion(at, gap + style.newline + line + textAt(fragment, line, style))];
  }
  const inside = text.slice(sequence.open, sequence.close);
  const oneLine = fragment.oneLine ? textAt(fragment, "", style) : undefined;
  if (!isMultiline(inside)) {
    if (oneLine !== undefined && fits(text, anchor.start, oneLine.length + 1)) {
      return [insertion(trailing.end, ` ${oneLine}`)];
    }
    return spread(text, sequence, after, fragment, style);
  }
  if (trailing.endsLine) {
    const indent = line.replaceAll(/[^\t]/g, " ");
    return [insertion(afterSpaces(text, trailing.end), style.newline + indent + textAt(fragment, indent, style))];
  }
  return [insertion(trailing.end, ` ${textAt(fragment, indentation(text, anchor.end), style)}`)];
};

/** Inserts an element before the element with index `before`: above its comments, or on its line. */
export const insertElementBefore = (
  text: string,
  { open, elements }: Sequence,
  before: number,
  fragment: Fragment,
): readonly Splice[] => {
  const element = elements[before];
  if (element === undefined) return [];
  const style = styleOf(text);
  const indent = indentation(text, element.start);
  const added = textAt(fragment, indent, style);
  if (!beginsLine(text, element.start)) return [insertion(element.start, `${added} `)];
  const at = commentsAbove(text, elements[before - 1]?.end ?? open, lineStart(text, element.start));
  return [insertion(at, indent + added + style.newline)];
};

const afterSpaces = (text: string, at: number): number => at + (/^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0);

/** True if blank lines separate an element from its neighbours and from the comments after it. */
const separated = (text: string, { elements, close }: Sequence, index: number): boolean => {
  const [previous, element, next] = [elements[index - 1], elements[index], elements[index + 1]];
  if (previous === undefined || element === undefined) return false;
  const apart = (one: Range, other: number): boolean => /\n[ \t]*\r?\n/.test(text.slice(one.end, other));
  const ends = next === undefined && commentsIn(text, withTrailing(text, element.end).end, close).length === 0;
  return apart(previous, element.start) && (ends || apart(element, next?.start ?? close));
};

const insertFirst = (
  text: string,
  { open, close }: Sequence,
  fragment: Fragment,
  spreadEmpty: boolean,
  style: Style,
): Splice => {
  const base = indentation(text, open);
  const inner = base + style.unit;
  const between = text.slice(open, close);
  const last = commentsIn(text, open, close).at(-1);
  if (last === undefined) {
    const oneLine = fragment.oneLine && !spreadEmpty && !isMultiline(between) ? textAt(fragment, "", style) : undefined;
    if (oneLine !== undefined && fits(text, open, oneLine.length + 2)) {
      return { start: open, end: close, text: ` ${oneLine} ` };
    }
    const added = style.newline + inner + textAt(fragment, inner, style) + style.newline + base;
    return { start: open, end: close, text: added };
  }
  const own = beginsLine(text, last.start);
  const indent = own ? indentation(text, last.start) : inner;
  // The blank line shows that the comment is not about the element.
  const added = (own ? style.newline : "") + style.newline + indent + textAt(fragment, indent, style);
  return insertion(last.end, isMultiline(text.slice(last.end, close)) ? added : added + style.newline + base);
};

/** Puts each element of a one-line sequence on a separate line, and the new element too. */
const spread = (
  text: string,
  { open, close, elements }: Sequence,
  after: number,
  fragment: Fragment,
  style: Style,
): readonly Splice[] => {
  const base = indentation(text, open);
  const indent = base + style.unit;
  const added = style.newline + indent + textAt(fragment, indent, style);
  return [...elements, { start: close, end: close }].map((element, i): Splice => {
    const start = elements[i - 1]?.end ?? open;
    const comments = text.slice(start, element.start).trim();
    const first = i - 1 === after ? added : "";
    const note = comments === "" ? "" : i === 0 ? `${style.newline}${indent}${comments}` : ` ${comments}`;
    const next = style.newline + (i === elements.length ? base : indent);
    return { start, end: element.start, text: note + first + next };
  });
};

/**
 * Inserts a separate line and a blank line before an element; undefined if other code is before the element on its
 * line.
 */
export const insertLineBefore = (
  text: string,
  { open, elements }: Sequence,
  before: number,
  fragment: Fragment,
): readonly Splice[] | undefined => {
  const element = elements[before];
  if (element === undefined || !beginsLine(text, element.start)) return undefined;
  const style = styleOf(text);
  const indent = indentation(text, element.start);
  const from = elements[before - 1]?.end ?? open;
  const at = commentsAbove(text, from, lineStart(text, element.start));
  return [insertion(at, indent + textAt(fragment, indent, style) + style.newline + style.newline)];
};

/**
 * The text to remove with an element: comments directly above, the comment after it on its line, an extra blank line.
 */
export const removeElement = (text: string, { open, close, elements }: Sequence, index: number): Splice | undefined => {
  const element = elements[index];
  if (element === undefined) return undefined;
  const from = elements[index - 1]?.end ?? open;
  const to = elements[index + 1]?.start ?? close;
  const cut = withComments(text, from, element);
  if (elements.length === 1 && text.slice(from, cut.start).trim() === "" && text.slice(cut.end, to).trim() === "") {
    return { start: open, end: close, text: emptyInside(text, open, close) };
  }
  if (!cut.lines) {
    // Also remove the white space on one side.
    const after = /^[ \t]*/.exec(text.slice(cut.end, to))?.[0].length ?? 0;
    const followed = index + 1 < elements.length && !/[\r\n]/.test(text[cut.end + after] ?? "");
    if (followed) return { start: cut.start, end: cut.end + after, text: "" };
    const space = text.slice(from, cut.start);
    const lineEnds = space.trimEnd().length > 0 ? space.trimEnd().length : 0;
    const keepsComment = commentsIn(text, from, cut.start).length > 0 && isMultiline(space.slice(lineEnds));
    return { start: keepsComment ? cut.start : from + lineEnds, end: cut.end, text: "" };
  }
  const blankBefore = blankLineBefore(text, cut.start);
  const first = text.slice(open, cut.start).trim() === "";
  const blankAfter = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(cut.end))?.[0];
  const last = text.slice(cut.end, close).trim() === "";
  if (blankBefore !== undefined && (blankAfter !== undefined || last)) {
    return { start: blankBefore, end: cut.end, text: "" };
  }
  if (first && blankAfter !== undefined) return { start: cut.start, end: cut.end + blankAfter.length, text: "" };
  return { start: cut.start, end: cut.end, text: "" };
};

/** The text inside an emptied set or list: one space or nothing, as elsewhere in the file. */
const emptyInside = (text: string, open: number, close: number): string => {
  const [tight, spaced] = text[open - 1] === "[" ? (["[]", "[ ]"] as const) : (["{}", "{ }"] as const);
  // The newline separates the brackets of the emptied one, so that they do not count.
  const others = `${text.slice(0, open)}\n${text.slice(close)}`;
  return others.split(tight).length > others.split(spaced).length ? "" : " ";
};

/** An element with its comments: whole lines if nothing else is on them. */
const withComments = (text: string, from: number, element: Range): Range & { readonly lines: boolean } => {
  const trailing = withTrailing(text, element.end);
  const line = lineStart(text, element.start);
  if (!beginsLine(text, element.start)) return { start: element.start, end: trailing.end, lines: false };
  const top = commentsAbove(text, from, line);
  if (trailing.endsLine) return { start: top, end: nextLine(text, trailing.end), lines: true };
  const start = top < line ? top + indentation(text, element.start).length : element.start;
  return { start, end: trailing.end, lines: false };
};

/** The start of the blank line above a line, if there is one. */
const blankLineBefore = (text: string, line: number): number | undefined => {
  const before = line - (text[line - 2] === "\r" ? 2 : 1);
  if (line === 0 || before < 0) return undefined;
  const start = lineStart(text, before);
  return start > 0 && text.slice(start, before).trim() === "" ? start : undefined;
};
