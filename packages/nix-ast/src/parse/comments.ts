/**
 * Comments as nixfmt keeps them: on which line of the code they stand decides whether they belong to the token before or
 * after them, and the text of a block is taken out of its indentation.
 */
import type { Trivium } from "../expr.js";
import { lineComment } from "../trivia.js";

/** What stands between two tokens, in order. */
export type Piece =
  | { readonly kind: "newlines"; readonly count: number }
  | { readonly kind: "line"; readonly text: string; readonly column: number }
  | { readonly kind: "block"; readonly doc: boolean; readonly lines: readonly string[] }
  | { readonly kind: "languageTag"; readonly text: string }
  /** A switch of nixfmt's. */
  | { readonly kind: "directive"; readonly disable: boolean; readonly start: number; readonly end: number };

/** What the switches of nixfmt before a token come to; they depend on one another. */
export type Resolve = (directive: Directive) => Trivium;
type Directive = Extract<Piece, { kind: "directive" }>;

const DIRECTIVE = /\/\*nixfmt:(disable|enable)\*\/[ \t]*(?=[\r\n]|$)/y;

/** The switch of nixfmt that begins at `start`, if one does and nothing follows on its line. */
export const directiveAt = (text: string, start: number): Directive | undefined => {
  DIRECTIVE.lastIndex = start;
  const found = DIRECTIVE.exec(text);
  return found === null
    ? undefined
    : { kind: "directive", disable: found[1] === "disable", start, end: DIRECTIVE.lastIndex };
};

const directiveText = (disable: boolean): string => `nixfmt:${disable ? "disable" : "enable"}`;

export const BLANK_LINE: Trivium = { kind: "blankLine" };

const isTrailing = (piece: Piece): boolean =>
  piece.kind === "line" ||
  piece.kind === "directive" ||
  (piece.kind === "block" && !piece.doc && piece.lines.length <= 1);

/** How a one-line comment reads after a token; nothing for an empty one. */
const trailingText = (piece: Piece): string => {
  switch (piece.kind) {
    case "line":
      return piece.text.trim();
    case "block":
      return (piece.lines[0] ?? "").trim();
    case "directive":
      return directiveText(piece.disable);
    default:
      return "";
  }
};

/**
 * The comments between two tokens, divided among them; `column` is where the second one stands. A comment on the line of
 * the first token is its own, unless it is aligned with the comment or the token on the next line.
 */
export const divide = (
  pieces: readonly Piece[],
  column: number,
  resolve: Resolve,
): { readonly after: string | undefined; readonly before: readonly Trivium[] } => {
  let count = 0;
  while (count < pieces.length && isTrailing(pieces[count] as Piece)) count++;
  const [first, second, third] = pieces;
  const aligned =
    count === 1 &&
    first?.kind === "line" &&
    second?.kind === "newlines" &&
    second.count === 1 &&
    (third === undefined ? first.column === column : third.kind === "line" && third.column === first.column);
  if (aligned) return { after: undefined, before: leading(pieces, resolve) };
  const after = pieces
    .slice(0, count)
    .map(trailingText)
    .filter((text) => text !== "")
    .join(" ");
  return { after: after === "" ? undefined : after, before: leading(pieces.slice(count), resolve) };
};

/** A switch that shares its line with code and so is a comment like any other. */
export const asComment = (disable: boolean): Trivium => lineComment(directiveText(disable));

/** The comments and blank lines before a token that all belong to it. */
export const leading = (pieces: readonly Piece[], resolve: Resolve): readonly Trivium[] =>
  pieces.flatMap((piece): Trivium | readonly Trivium[] => {
    switch (piece.kind) {
      case "newlines":
        return piece.count > 1 ? BLANK_LINE : [];
      case "line":
        return { kind: "lineComment", text: piece.text };
      case "directive":
        return resolve(piece);
      case "languageTag":
        return { kind: "languageTag", text: piece.text };
      case "block": {
        const [only, ...more] = piece.lines;
        if (only === undefined) return [];
        if (piece.doc || more.length > 0) return { kind: "blockComment", doc: piece.doc, lines: piece.lines };
        return lineComment(only.trim());
      }
    }
  });

/** The lines of a block comment that begins in `column`, without its stars and indentation. */
export const blockLines = (text: string, column: number): readonly string[] => {
  const lines = text.split(/\r\n?|\n/).map((line) => line.trimEnd());
  dropLastEmpty(lines);
  const [first, ...rest] = lines;
  if (first === undefined) return [];
  const margin = " ".repeat(column);
  const starred = rest.every((line) => line.startsWith(`${margin} *`));
  const body = starred ? rest.map((line) => (margin + line.slice(column + 2)).trimEnd()) : rest;
  dropLastEmpty(body);
  const indentation = body
    .filter((line) => line !== "")
    .reduce((least, line) => Math.min(least, leadingSpaces(line)), column + (first.startsWith(" ") ? 3 : 2));
  const stripped = body.map((line) =>
    leadingSpaces(line) >= indentation ? line.slice(indentation) : line.trimStart(),
  );
  const all = [first.trim(), ...stripped];
  const start = all.findIndex((line) => line !== "");
  return start < 0 ? [] : all.slice(start);
};

const leadingSpaces = (line: string): number => {
  let count = 0;
  while (line.charCodeAt(count) === 0x20) count++;
  return count;
};

const dropLastEmpty = (lines: string[]): void => {
  while (lines.at(-1) === "") lines.pop();
};

const LANGUAGE = /^[\p{L}\p{N}+._-]{1,30}$/u;

/** Whether a comment that ends at `end` is the language tag of a string that follows. */
export const isLanguageTag = (content: string, text: string, end: number): boolean => {
  if (!LANGUAGE.test(content.trim())) return false;
  const next = /[ \t]*(?:\r\n|\n)?[ \t]*/y;
  next.lastIndex = end;
  next.exec(text);
  return text.startsWith('"', next.lastIndex) || text.startsWith("''", next.lastIndex);
};
