/**
 * Assigns comments to tokens as nixfmt does: the line of a comment decides whether it belongs to the token before or
 * after it. Block comments lose their indentation.
 */
import type { Trivium } from "../expr.js";
import { lineComment } from "../trivia.js";

/** Comments and line breaks between two tokens, in order. */
export type Piece =
  | { readonly kind: "newlines"; readonly count: number }
  | { readonly kind: "line"; readonly text: string; readonly column: number }
  | { readonly kind: "block"; readonly doc: boolean; readonly lines: readonly string[] }
  | { readonly kind: "languageTag"; readonly text: string }
  /** `nixfmt:disable` or `nixfmt:enable`. */
  | { readonly kind: "directive"; readonly disable: boolean; readonly start: number; readonly end: number };

/** The combined effect of the nixfmt switches before a token. */
export type Resolve = (directive: Directive) => Trivium;
type Directive = Extract<Piece, { kind: "directive" }>;

const DIRECTIVE = /\/\*nixfmt:(disable|enable)\*\/[ \t]*(?=[\r\n]|$)/y;

/** The nixfmt switch at `start`, if it is there and is the last on its line. */
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

/** The text of a one-line comment after a token; undefined if it is empty. */
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
 * Divides comments between two tokens; `column` is the column of the second token. A comment on the line of the first
 * token belongs to it, unless it is aligned with the comment or the token on the next line.
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

/** A nixfmt switch on a line with code, which is an ordinary comment. */
export const asComment = (disable: boolean): Trivium => lineComment(directiveText(disable));

/** Comments and blank lines that all belong to the next token. */
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

/** The lines of a block comment that begins in `column`, without stars and indentation. */
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

/** True if a comment that ends at `end` is the language tag of the next string. */
export const isLanguageTag = (content: string, text: string, end: number): boolean => {
  if (!LANGUAGE.test(content.trim())) return false;
  const next = /[ \t]*(?:\r\n|\n)?[ \t]*/y;
  next.lastIndex = end;
  next.exec(text);
  return text.startsWith('"', next.lastIndex) || text.startsWith("''", next.lastIndex);
};
