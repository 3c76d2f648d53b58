import { attrs, type Expr, type Node, parse, print } from "@microvm-emit/nix-ast";
import { requireBabelParser } from "../commonjs.js";

/** A text piece of a tagged template. */
interface Piece {
  /** With escapes resolved. */
  readonly cooked: string;
  /** As in the source. */
  readonly raw: string;
  /** Offset in the config. */
  readonly start: number;
}

/**
 * The offset in the config of an emitted node that comes from a `nix` template; undefined if unknown.
 *
 * @param at offset of the template, or of the property with the template.
 * @param around nodes around the emitted position, innermost first.
 */
export const offsetInTemplate = (source: string, at: number, around: readonly Node[]): number | undefined => {
  const pieces = templateAt(source, at);
  const text = pieces.map(({ cooked }) => cooked).join(HOLE);
  for (const node of around) {
    const { start, end } = node;
    // A node from a hole may have an offset in another template.
    if (start !== undefined && end !== undefined && says(text.slice(start, end), node)) return offsetOf(pieces, start);
  }
  return undefined;
};

const templateAt = (source: string, at: number): readonly Piece[] => {
  const { parse: parseModule } = requireBabelParser();
  const waiting: unknown[] = [];
  try {
    waiting.push(parseModule(source, { sourceType: "module", errorRecovery: true, plugins: ["typescript"] }).program);
  } catch {
    return [];
  }
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== "object" || node === null) continue;
    const { type, start, value } = node as { type?: unknown; start?: unknown; value?: unknown };
    const found = start === at ? (type === "ObjectProperty" ? value : node) : undefined;
    if (isTemplate(found))
      return found.quasi.quasis.map(({ value: { cooked, raw }, start: from }) => ({
        cooked: cooked ?? raw,
        raw,
        start: from,
      }));
    waiting.push(...(Object.values(node) as unknown[]));
  }
  return [];
};

interface Template {
  readonly quasi: {
    readonly quasis: readonly {
      readonly value: { readonly cooked: string | null; readonly raw: string };
      readonly start: number;
    }[];
  };
}

const isTemplate = (node: unknown): node is Template =>
  typeof node === "object" && node !== null && "type" in node && node.type === "TaggedTemplateExpression";

/** Stands for a value; as long as the placeholder of nix-ast. */
const HOLE = "\0";

/** True if the text parses to the node, so the node comes from this text. */
const says = (text: string, node: Node): boolean => {
  if (text.includes(HOLE)) return false;
  const isBinding = node.kind === "binding" || node.kind === "inherit";
  if (!isBinding && !isExpr(node)) return false;
  const read = parse(isBinding ? `{ ${text} }` : text);
  if (read._tag === "Left") return false;
  return print(read.right) === print(isBinding ? attrs([bare(node)]) : bare(node));
};

const isExpr = (node: Node): node is Expr =>
  !["binding", "inherit", "name", "dynamicName", "interpolation", "formal", "ellipsis"].includes(node.kind);

/** The node without comments, parentheses and origin. */
const bare = <N extends Node>(node: N): N => {
  const { before: _before, after: _after, parens: _parens, origin: _origin, ...rest } = node as N & Around;
  return rest as unknown as N;
};

interface Around {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly parens?: unknown;
  readonly origin?: unknown;
}

const offsetOf = (pieces: readonly Piece[], index: number): number | undefined => {
  let left = index;
  for (const { cooked, raw, start } of pieces) {
    if (left <= cooked.length) return start + rawIndex(cooked, raw, left);
    left -= cooked.length + HOLE.length;
  }
  return undefined;
};

/** Length in the source of the first `count` characters; escapes are longer than the characters they mean. */
const rawIndex = (cooked: string, raw: string, count: number): number => {
  if (cooked === raw) return count;
  let at = 0;
  for (let read = 0; read < count && at < raw.length;) {
    const [written = ""] = ESCAPE.exec(raw.slice(at)) ?? [];
    at += written.length;
    read += /^\\(?:\n|\r\n?|[\u2028\u2029])/.test(written)
      ? 0
      : written.startsWith("\\u{")
        ? String.fromCodePoint(Number.parseInt(written.slice(3), 16)).length
        : 1;
  }
  return at;
};

/** One character of a template as written. */
const ESCAPE = /^(?:\\(?:x[\da-f]{2}|u[\da-f]{4}|u\{[\da-f]+\}|\r\n|[^])|\r\n|[^])/i;
