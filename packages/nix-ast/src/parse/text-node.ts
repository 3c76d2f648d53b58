/** Builds strings and paths from their parsed pieces. */
import { NODE, type Expr, type Spelling, type Str, type StringPart } from "../expr.js";
import { joinParts } from "../literal.js";
import { StrNode } from "../nodes.js";
import { escapeIndented, escapeStr } from "../strings.js";
import { unescapeIndented, unescapeStr } from "../unescape.js";
import type { TextFrame } from "./frames.js";
import { isFragile, keepsValue, stripIndentation, valueOf } from "./indentation.js";

/** The value of a string without interpolations or comments. */
export const staticText = (expr: Expr): string | undefined => {
  if (expr.kind !== "str" || expr.parens !== undefined || expr.before !== undefined || expr.after !== undefined) {
    return undefined;
  }
  const [only, more] = expr.parts;
  if (more !== undefined || typeof only === "object" || expr.below !== undefined) return undefined;
  return only ?? "";
};

/** Characters with several spellings, or with a special meaning. */
const SPECIAL = /["$'\\\n\r\t]/;

/**
 * Builds a string or path from pieces, some of which are values of holes. `isPlain`: the only piece has no character of
 * {@link SPECIAL}.
 */
export const textNode = (
  of: TextFrame["of"],
  pieces: TextFrame["pieces"],
  start: number,
  end: number,
  isPlain: boolean,
  cut = false,
): Expr => {
  const [only] = pieces;
  if (of === '"' && isPlain && pieces.length === 1 && typeof only === "string") return new StrNode([only], start, end);
  if (!pieces.some((piece) => typeof piece === "object" && piece.kind === "holeText")) {
    return writtenText(of, pieces as readonly StringPart[], start, end, cut);
  }
  // Values are replaced by placeholders while the text around them is parsed. They have no source spelling.
  const { spelling: _, ...node } = writtenText(of, pieces as readonly StringPart[], start, end, cut) as Str;
  const parts = joinParts(
    (node.parts as TextFrame["pieces"]).map((part) =>
      typeof part === "object" && part.kind === "holeText" ? part.text : part,
    ),
  );
  return { ...node, parts };
};

/** Builds a string or path from pieces, with the source spelling of pieces that the printer would write differently. */
const writtenText = (
  of: TextFrame["of"],
  pieces: readonly StringPart[],
  start: number,
  end: number,
  cut: boolean,
): Expr => {
  switch (of) {
    case '"': {
      const parts = pieces.map((piece) => (typeof piece === "string" ? unescapeStr(piece) : piece));
      const spelling = spellingOf(pieces, parts, escapeStr);
      const node = new StrNode(parts, start, end);
      if (spelling) node.spelling = spelling;
      return node;
    }
    case "''": {
      const { stripped, indentation } = stripIndentation(pieces);
      const parts = stripped.map((piece) => (typeof piece === "string" ? unescapeIndented(piece) : piece));
      if (isFragile(pieces)) {
        const value = joinParts(valueOf(pieces));
        if (!keepsValue(stripped, parts, value)) return { [NODE]: true, kind: "indentedStr", parts: value, start, end };
      }
      const spelling = spellingOf(stripped, parts, escapeIndented);
      return {
        [NODE]: true,
        kind: "indentedStr",
        parts,
        start,
        end,
        ...(spelling ? { spelling } : {}),
        ...(cut ? { kept: indentation } : {}),
      };
    }
    case "path": {
      const [first] = pieces;
      const head = typeof first === "string" ? first : "";
      const rooted = /^(?:\.{0,2}|~)\//.test(head) ? head : `./${head}`;
      const parts = [rooted, ...pieces.slice(1)] as const;
      const spelling = rooted === head ? undefined : [head];
      return { [NODE]: true, kind: "path", parts, start, end, ...(spelling ? { spelling } : {}) };
    }
  }
};

/** The pieces that the printer would write differently from the source; undefined if there are none. */
const spellingOf = (
  pieces: readonly StringPart[],
  parts: readonly StringPart[],
  escape: (text: string, interpolated: boolean) => string,
): Spelling | undefined => {
  let spelling: (string | undefined)[] | undefined;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    const part = parts[i];
    if (typeof piece !== "string" || typeof part !== "string") continue;
    if (piece === part && !SPECIAL.test(piece)) continue;
    if (escape(part, i + 1 < parts.length) !== piece) (spelling ??= [])[i] = piece;
  }
  return spelling;
};
