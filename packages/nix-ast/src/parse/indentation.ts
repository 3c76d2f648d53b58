import type { Interpolation } from "../expr.js";
import { joinParts } from "../literal.js";
import { unescapeIndented } from "../unescape.js";

type Piece = string | Interpolation;

/**
 * Strips the indentation of a `''` string as Nix does: a blank first line, the common indentation of all lines, and the
 * spaces of a blank last line. Escapes stay as they are in the source.
 */
export const stripIndentation = (
  pieces: readonly Piece[],
): { readonly stripped: readonly Piece[]; readonly indentation: string } => {
  const indentation = commonIndentation(pieces);
  const stripped: Piece[] = [];
  pieces.forEach((piece, i) => {
    if (typeof piece === "object") {
      stripped.push(piece);
      return;
    }
    const isLast = i === pieces.length - 1;
    /** The start of the text of a line, without its indentation. A blank last line has no text. */
    const textOf = (line: number): number => {
      const content = skipSpaces(piece, line);
      return isLast && content === piece.length ? content : Math.min(line + indentation, content);
    };
    const first = skipSpaces(piece, 0);
    let at = i > 0 ? 0 : textOf(piece.charCodeAt(first) === NEWLINE ? first + 1 : 0);
    let text = "";
    for (let end = piece.indexOf("\n", at); end >= 0; end = piece.indexOf("\n", at)) {
      text += piece.slice(at, end + 1);
      at = textOf(end + 1);
    }
    text += piece.slice(at);
    if (text !== "") stripped.push(text);
  });
  return { stripped, indentation: " ".repeat(indentation === Infinity ? 0 : indentation) };
};

const NEWLINE = 0x0a;

/** The least number of spaces before the text of a line; Infinity if all lines are blank. */
const commonIndentation = (pieces: readonly Piece[]): number => {
  let least = Infinity;
  /** The number of spaces so far in a line that has no text yet; -1 after text. */
  let spaces = 0;
  for (const piece of pieces) {
    if (typeof piece === "object") {
      if (spaces >= 0) least = Math.min(least, spaces);
      spaces = -1;
      continue;
    }
    for (let at = 0; at <= piece.length;) {
      if (spaces >= 0) {
        const content = skipSpaces(piece, at);
        spaces += content - at;
        if (content === piece.length) break;
        if (piece.charCodeAt(content) !== NEWLINE) {
          least = Math.min(least, spaces);
          spaces = -1;
        }
      }
      const end = piece.indexOf("\n", at);
      if (end < 0) break;
      at = end + 1;
      spaces = 0;
    }
  }
  return least;
};

const skipSpaces = (text: string, from: number): number => {
  let at = from;
  while (text.charCodeAt(at) === 0x20) at++;
  return at;
};

/**
 * An escaped line break with spaces after it, or before text that would be indented. Nix strips these spaces too, by
 * the indentation of the other lines.
 */
const FRAGILE = /''\\(?:\n(?!\n)|n(?: |''\\ ))/;

/** True if line-by-line stripping gives another value than Nix. The original spelling is then unusable. */
export const isFragile = (pieces: readonly Piece[]): boolean =>
  pieces.some((piece) => typeof piece === "string" && FRAGILE.test(piece));

/**
 * True if a fragile string can keep its spelling: its value does not depend on the indentation that the printer adds.
 * The number of dropped spaces grows with the indentation, so it is enough to try the least and a large one.
 */
export const keepsValue = (stripped: readonly Piece[], parts: readonly Piece[], value: readonly Piece[]): boolean => {
  const isMultiline = stripped.some((piece) => typeof piece === "string" && piece.includes("\n"));
  const written = isMultiline ? [1, 99].map((columns) => indent(stripped, " ".repeat(columns))) : [stripped];
  return isSame(parts, value) && written.every((pieces) => isSame(joinParts(valueOf(pieces)), value));
};

/** The pieces in the form of the printer: on separate lines, with more indentation. */
const indent = (pieces: readonly Piece[], by: string): readonly Piece[] =>
  joinParts([
    `\n${by}`,
    ...pieces.map((piece) => (typeof piece === "string" ? piece.replaceAll("\n", `\n${by}`) : piece)),
  ]);

const isSame = (some: readonly Piece[], others: readonly Piece[]): boolean =>
  some.length === others.length && some.every((piece, i) => piece === others[i]);

/** Escapes, and the text between them. */
const TOKEN = /''(?:\$|'|\\[^])|(?:(?!''[$'\\])[^])+/gu;

/** The value of a `''` string, by the algorithm of Nix (`ParserState::stripIndentation`). */
export const valueOf = (pieces: readonly Piece[]): readonly Piece[] => {
  const [first, ...rest] = pieces;
  const opened = typeof first === "string" ? [first.replace(/^ *\n/, ""), ...rest] : pieces;
  const tokens = opened.flatMap((piece): readonly (Piece | { readonly escape: string })[] =>
    typeof piece === "object"
      ? [piece]
      : (piece.match(TOKEN) ?? []).map((text) => (isEscape(text) ? { escape: unescapeIndented(text) } : text)),
  );
  const indentation = leastIndentation(tokens);
  let dropped = 0;
  let atStart = true;
  const strip = (text: string): string => {
    let kept = "";
    for (const character of text) {
      if (character === "\n") {
        atStart = true;
        dropped = 0;
      } else if (atStart && character === " ") {
        if (dropped++ < indentation) continue;
      } else atStart = false;
      kept += character;
    }
    return kept;
  };
  return tokens.map((token, i) => {
    if (typeof token === "object" && "kind" in token) {
      atStart = false;
      return token;
    }
    const text = strip(typeof token === "string" ? token : token.escape);
    return i === tokens.length - 1 ? text.replace(/(?<=\n) +$/, "") : text;
  });
};

const isEscape = (text: string): boolean => /^''[$'\\]/.test(text);

const leastIndentation = (tokens: readonly (Piece | { readonly escape: string })[]): number => {
  let least = Infinity;
  /** Spaces at the start of the current line; undefined after other text. */
  let indentation: number | undefined = 0;
  for (const token of tokens) {
    for (const character of typeof token === "string" ? token : ["any content"]) {
      if (character === "\n") indentation = 0;
      else if (indentation !== undefined) {
        if (character === " ") indentation++;
        else {
          least = Math.min(least, indentation);
          indentation = undefined;
        }
      }
    }
  }
  return least;
};
