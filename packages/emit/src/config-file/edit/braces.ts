import { indentationAt, isBelowBlankLine, isBlankLine, lineStart, nextLine, splice } from "./source-text.js";

/** A part of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The members of an object of JavaScript or JSON, of a flow map of YAML, or of an import. */
export interface Braces {
  /** The offset of `{`. */
  readonly open: number;
  /** The offset of `}`. */
  readonly close: number;
  /** In the order of the text, without commas. */
  readonly members: readonly Span[];
}

/** The style of a language and a file. */
export interface BraceStyle {
  /** A comment, sticky. */
  readonly comment: RegExp;
  /** A comma follows the last of members on separate lines. */
  readonly trailingComma: boolean;
  readonly lineBreak: string;
  /** One step of indentation. */
  readonly step: string;
  /** The first member of `{}` gets a separate line. */
  readonly breaksEmpty: boolean;
  /** A long line of members becomes one line for each. */
  readonly breaksWide: boolean;
}

/** A member with its comments, without its comma. */
export interface Member {
  /** The lines of comments above it, without indentation. */
  readonly above: readonly string[];
  /** @param indentation of the line on which the member begins; `isAlone`: true if nothing else is on the line. */
  readonly text: (indentation: string, isAlone: boolean) => string;
  /** The comment after it, or nothing. */
  readonly behind: string;
}

/** Longer lines are broken when members are added. */
const maxWidth = 120;

interface Token extends Span {
  readonly kind: "blank" | "newline" | "comma" | "comment";
}

/** The tokens between two members, or between a member and a brace. */
const tokensIn = (text: string, start: number, end: number, comment: RegExp): readonly Token[] => {
  const tokens: Token[] = [];
  for (let at = start; at < end;) {
    const [kind, length] = ((): [Token["kind"], number] => {
      if (text[at] === "\n") return ["newline", 1];
      if (text[at] === ",") return ["comma", 1];
      const [blanks = ""] = matchAt(/[^\S\n]+/y, text, at) ?? [];
      if (blanks !== "") return ["blank", blanks.length];
      const [found = text.slice(at, end)] = matchAt(comment, text, at) ?? [];
      return ["comment", Math.max(found.length, 1)];
    })();
    tokens.push({ kind, start: at, end: at + length });
    at += length;
  }
  return tokens;
};

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** The layout of a member and its neighbours. */
interface Lie extends Span {
  /** The start of the comments above it and before it on its line. */
  readonly lead: number;
  /** It, or a comment above it, begins a line. */
  readonly beginsLine: boolean;
  readonly comma: Span | undefined;
  /** The end of its comma, or of the comment after it on its line. */
  readonly tail: number;
  /** Nothing follows on the line of the tail. */
  readonly endsLine: boolean;
}

const liesOf = (text: string, { open, close, members }: Braces, { comment }: BraceStyle): readonly Lie[] => {
  const gaps = [...members, { start: close, end: close }].map(({ start }, position) =>
    gapOf(tokensIn(text, position === 0 ? open + 1 : (members[position - 1]?.end ?? start), start, comment), start),
  );
  return members.flatMap((member, position) => {
    const [before, after] = [gaps[position], gaps[position + 1]];
    if (before === undefined || after === undefined) return [];
    return [
      {
        ...member,
        lead: before.lead,
        beginsLine: before.hasNewline,
        comma: after.comma,
        tail: after.tail ?? member.end,
        endsLine: after.hasNewline,
      },
    ];
  });
};

interface Gap {
  readonly comma: Span | undefined;
  /** The end of the comma or comment of the member before; undefined if there is none. */
  readonly tail: number | undefined;
  /** The start of the comments that belong to the next member. */
  readonly lead: number;
  /** A line ends between the two. */
  readonly hasNewline: boolean;
}

const gapOf = (tokens: readonly Token[], end: number): Gap => {
  const commaAt = tokens.findIndex(({ kind }) => kind === "comma");
  const rest = tokens.slice(commaAt + 1);
  const lineEnd = rest.findIndex(({ kind }) => kind === "newline");
  const behind = rest.slice(0, Math.max(lineEnd, 0)).findLast(({ kind }) => kind === "comment");
  const tail = behind?.end ?? tokens[commaAt]?.end;
  let lead = end;
  let newlines = 0;
  for (const token of rest.filter(({ start }) => start >= (tail ?? 0)).toReversed()) {
    if (token.kind === "newline") newlines++;
    if (newlines > 1) break;
    if (token.kind !== "comment") continue;
    lead = token.start;
    newlines = 0;
  }
  return { comma: tokens[commaAt], tail, lead, hasNewline: lineEnd >= 0 };
};

/** A member with its comments, for {@link withMember}. */
export const memberAt = (text: string, braces: Braces, position: number, style: BraceStyle): Member => {
  const lie = liesOf(text, braces, style)[position];
  if (lie === undefined) throw new RangeError(`There is no member ${String(position)}.`);
  const above = text.slice(lie.lead, lie.start).trim();
  return {
    above: above === "" ? [] : above.split(/\r?\n/).map((line) => line.trim()),
    text: () => text.slice(lie.start, lie.end),
    behind: lie.endsLine ? text.slice(lie.comma?.end ?? lie.end, lie.tail).trimEnd() : "",
  };
};

/** The text without a member, its comments and its comma. */
export const withoutMember = (text: string, braces: Braces, position: number, style: BraceStyle): string => {
  const lies = liesOf(text, braces, style);
  const [previous, lie, next] = [lies[position - 1], lies[position], lies[position + 1]];
  if (lie === undefined) throw new RangeError(`There is no member ${String(position)}.`);
  const isWholeLine = lie.beginsLine && lie.endsLine && text.slice(lineStart(text, lie.lead), lie.lead).trim() === "";
  const { start, end } = isWholeLine
    ? wholeLines(text, lie, position, braces.close)
    : next === undefined
      ? { start: startBehind(lie, previous, text.slice(0, lie.lead).trimEnd().length), end: lie.tail }
      : { start: lie.lead, end: next.lead };
  const isComma = isWholeLine && next === undefined && lie.comma === undefined;
  const cut = splice(text, start, end, "");
  const without =
    isComma && previous?.comma !== undefined ? splice(cut, previous.comma.start, previous.comma.end, "") : cut;
  const close = braces.close - (text.length - without.length);
  return without.slice(braces.open + 1, close).trim() === "" ? splice(without, braces.open + 1, close, "") : without;
};

/** The start of the last member of a line, with the comma before it. */
const startBehind = ({ comma }: Lie, previous: Lie | undefined, brace: number): number =>
  (comma === undefined ? previous?.comma?.start : previous?.tail) ?? brace;

/** The lines of a member, with one of two blank lines around it. */
const wholeLines = (text: string, { lead, tail }: Lie, position: number, close: number): Span => {
  const [start, end] = [lineStart(text, lead), nextLine(text, tail)];
  const isLast = end >= lineStart(text, close);
  return linesWithBlank(text, { start, end }, { isFirst: position === 0, isLast });
};

/** Lines to remove, with a blank line that would be one too many. */
export const linesWithBlank = (
  text: string,
  { start, end }: Span,
  { isFirst, isLast }: { readonly isFirst: boolean; readonly isLast: boolean },
): Span => {
  const [above, below] = [isBelowBlankLine(text, start), isBlankLine(text, end)];
  if (isFirst && isLast) return { start, end };
  if (below && (above || isFirst)) return { start, end: nextLine(text, end) };
  return above && isLast ? { start: lineStart(text, start - 1), end } : { start, end };
};

/** The text with another member, the last one by default. */
export const withMember = (
  text: string,
  braces: Braces,
  member: Member,
  style: BraceStyle,
  position = braces.members.length,
): string => {
  const lies = liesOf(text, braces, style);
  const next = lies[position];
  if (next !== undefined) return beforeMember(text, next, member, style);
  const last = lies.at(-1);
  return last === undefined ? asFirst(text, braces, member, style) : asLast(text, braces, lies, last, member, style);
};

/** A member on separate lines. */
export const linesOf = (
  { above, text, behind }: Member,
  indentation: string,
  comma: string,
  lineBreak: string,
): string =>
  [...above, `${text(indentation, true)}${comma}${behind}`].map((line) => indentation + line).join(lineBreak);

const beforeMember = (text: string, next: Lie, member: Member, { lineBreak }: BraceStyle): string => {
  if (!next.beginsLine)
    return splice(text, next.lead, next.lead, `${member.text(indentationAt(text, next.start), false)}, `);
  const start = lineStart(text, next.lead);
  return splice(text, start, start, linesOf(member, indentationAt(text, next.start), ",", lineBreak) + lineBreak);
};

const asFirst = (text: string, { open, close }: Braces, member: Member, style: BraceStyle): string => {
  const { lineBreak } = style;
  const outer = indentationAt(text, open);
  const inner = outer + style.step;
  const inside = text.slice(open + 1, close);
  const comma = style.trailingComma ? "," : "";
  const lines = lineBreak + linesOf(member, inner, comma, lineBreak);
  if (inside.includes("\n")) {
    // Existing comments stay after the new member: before it, they would describe it.
    const [first = ""] = inside.split(/\r?\n/);
    const at = open + 1 + first.length;
    return inside.trim() === ""
      ? splice(text, open + 1, close, lines + lineBreak + outer)
      : splice(text, at, at, lines);
  }
  const isNested = text.slice(lineStart(text, open), open).includes("{");
  if (style.breaksEmpty && !isNested && inside.trim() === "")
    return splice(text, open + 1, close, lines + lineBreak + outer);
  const inLine = member.text(outer, false);
  return inside.trim() === ""
    ? splice(text, open + 1, close, ` ${inLine} `)
    : splice(text, open + 1, open + 1, ` ${inLine},`);
};

const asLast = (
  text: string,
  braces: Braces,
  lies: readonly Lie[],
  last: Lie,
  member: Member,
  style: BraceStyle,
): string => {
  const { lineBreak } = style;
  if (last.beginsLine) {
    const isSpaced = lies.length > 1 && isBelowBlankLine(text, last.lead);
    const lines = linesOf(member, indentationAt(text, last.start), last.comma === undefined ? "" : ",", lineBreak);
    const added = splice(text, last.tail, last.tail, lineBreak + (isSpaced ? lineBreak : "") + lines);
    return last.comma === undefined ? splice(added, last.end, last.end, ",") : added;
  }
  const inLine = member.text(indentationAt(text, last.start), false);
  const added =
    last.comma === undefined
      ? splice(text, last.end, last.end, `, ${inLine}`)
      : splice(text, last.tail, last.tail, ` ${inLine},`);
  const start = lineStart(text, last.start);
  const isWide = style.breaksWide && nextLine(added, start) - start - lineBreak.length > maxWidth;
  return isWide ? (asLines(text, braces, lies, member, style) ?? added) : added;
};

/** One member per line, if all members are on one line without comments between them. */
const asLines = (
  text: string,
  { open, close }: Braces,
  lies: readonly Lie[],
  member: Member,
  { trailingComma, lineBreak, step }: BraceStyle,
): string | undefined => {
  const inside = text.slice(open, close);
  const members = lies.map(({ start, end }) => text.slice(start, end));
  const between = lies.reduceRight((rest, { start, end }) => splice(rest, start - open, end - open, ""), inside);
  if (inside.includes("\n") || /[^{,\s]/.test(between)) return undefined;
  const outer = indentationAt(text, open);
  const inner = outer + step;
  const lines = [...members, member.text(inner, true)].map((one) => inner + one);
  return splice(
    text,
    open + 1,
    close,
    `${lineBreak}${lines.join(`,${lineBreak}`)}${trailingComma ? "," : ""}${lineBreak}${outer}`,
  );
};
