import type { Interpolation } from "../expr.js";
import { joinParts } from "../literal.js";
import { isBlank, splitLines } from "../strings.js";
import { unescapeIndented } from "../unescape.js";

type Piece = string | Interpolation;

/**
 * Strips the indentation of a `''` string as Nix does: a blank first line, the common indentation of all lines, and the
 * spaces of a blank last line. Escapes stay as they are in the source.
 */
export const stripIndentation = (
  pieces: readonly Piece[],
): { readonly stripped: readonly Piece[]; readonly indentation: string } => {
  const lines = splitLines(pieces);
  const [first = []] = lines;
  if (lines.length > 1 && isBlank(first)) lines.shift();
  const last = lines.at(-1);
  if (last !== undefined && isBlank(last)) lines[lines.length - 1] = [];
  let indentation = Infinity;
  for (const line of lines) {
    if (!isBlank(line)) indentation = Math.min(indentation, leadingSpaces(line[0] ?? ""));
  }
  const stripped = lines.flatMap((line, i): readonly Piece[] => [
    ...(i > 0 ? ["\n"] : []),
    ...line.map((piece, j) =>
      j === 0 && typeof piece === "string" ? piece.slice(Math.min(indentation, leadingSpaces(piece))) : piece,
    ),
  ]);
  return { stripped: joinParts(stripped), indentation: " ".repeat(indentation === Infinity ? 0 : indentation) };
};

const leadingSpaces = (piece: Piece): number => {
  if (typeof piece === "object") return 0;
  let count = 0;
  while (piece.charCodeAt(count) === 0x20) count++;
  return count;
};

/**
 * An escaped line break with spaces after it, or before text that would be indented. Nix strips these spaces too, by
 * the indentation of the other lines.
 */
const FRAGILE = /''\\(?:\n(?!\n)|n(?: |''\\ ))/;

/** True if line-by-line stripping gives another value than Nix. The original spelling is then unusable. */
export const isFragile = (pieces: readonly Piece[]): boolean =>
  pieces.some((piece) => typeof piece === "string" && FRAGILE.test(piece));

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
