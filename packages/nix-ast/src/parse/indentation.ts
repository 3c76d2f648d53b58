import type { Interpolation } from "../expr.js";

type Piece = string | Interpolation;

/**
 * The text between `''` quotes without what Nix strips: a blank first line, the indentation that all lines share, and the
 * spaces of a blank last line. Escapes count as text, so the pieces are as their author wrote them.
 */
export const stripIndentation = (
  pieces: readonly Piece[],
): { readonly stripped: readonly Piece[]; readonly indentation: string } => {
  const lines = linesOf(pieces);
  const [first = []] = lines;
  if (lines.length > 1 && isBlank(first)) lines.shift();
  const last = lines.at(-1);
  if (last !== undefined && isBlank(last)) lines[lines.length - 1] = [];
  let indentation = Infinity;
  for (const line of lines) {
    if (!isBlank(line)) indentation = Math.min(indentation, leadingSpaces(line[0] ?? ""));
  }
  const stripped: Piece[] = [];
  const add = (text: string): void => {
    const end = stripped.length - 1;
    const before = stripped[end];
    if (typeof before === "string") stripped[end] = before + text;
    else if (text !== "") stripped.push(text);
  };
  lines.forEach((line, i) => {
    if (i > 0) add("\n");
    line.forEach((piece, j) => {
      if (typeof piece === "object") stripped.push(piece);
      else add(j === 0 ? piece.slice(Math.min(indentation, leadingSpaces(piece))) : piece);
    });
  });
  return { stripped, indentation: " ".repeat(indentation === Infinity ? 0 : indentation) };
};

const linesOf = (pieces: readonly Piece[]): Piece[][] => {
  let line: Piece[] = [];
  const lines = [line];
  for (const piece of pieces) {
    if (typeof piece === "object") line.push(piece);
    else {
      piece.split("\n").forEach((text, i) => {
        if (i > 0) lines.push((line = []));
        if (text !== "") line.push(text);
      });
    }
  }
  return lines;
};

const isBlank = (line: readonly Piece[]): boolean =>
  line.length === 0 || (line.length === 1 && typeof line[0] === "string" && /^ *$/.test(line[0]));

const leadingSpaces = (piece: Piece): number => {
  if (typeof piece === "object") return 0;
  let count = 0;
  while (piece.charCodeAt(count) === 0x20) count++;
  return count;
};
