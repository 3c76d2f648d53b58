import { NODE, type Expr, type Node, type Origin } from "./expr.js";
import { parseForm } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";
import { isNode } from "./nodes.js";

/** The place of a node in printed text, in UTF-16 units. */
export interface Mapping {
  /** The node. */
  readonly node: Node;
  /** The first offset of its text, in UTF-16 units. */
  readonly start: number;
  /** The offset after its text. */
  readonly end: number;
}

/** Printed text, with the place of each node. */
export interface MappedText {
  /** The text. */
  readonly text: string;
  /** All nodes that have text, ordered by start, outer nodes first. */
  readonly mappings: readonly Mapping[];
}

/** Keys of a node that contain no child nodes to map. */
const NO_PARTS: ReadonlySet<string> = new Set(["tokens", "before", "below", "inner", "parens", "spelling", "origin"]);

/**
 * {@link print} with the place of each node. The printed text is parsed again to get the places. A node that is printed
 * as several nodes, such as a negative number, has one mapping.
 */
export const printMapped = (expr: Expr, options: PrintOptions = {}): MappedText => {
  const text = print(expr, options);
  const read = parseForm(text);
  if (read._tag === "Left") return { text, mappings: [] };
  const mappings: Mapping[] = [];
  const waiting: (readonly [unknown, unknown])[] = [[expr, read.right]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [made, found] = next;
    if (Array.isArray(made) && Array.isArray(found)) {
      if (made.length === found.length) for (let i = made.length - 1; i >= 0; i--) waiting.push([made[i], found[i]]);
    } else if (isNode(made) && isNode(found)) {
      if (found.start !== undefined && found.end !== undefined) {
        mappings.push({ node: made, start: found.start, end: found.end });
      }
      if (made.kind !== found.kind && !(isString(made) && isString(found))) continue;
      const parts = Object.entries(made).filter(([key, part]) => typeof part === "object" && !NO_PARTS.has(key));
      for (const [key, part] of parts.reverse()) waiting.push([part, found[key as keyof typeof found]]);
    }
  }
  return { text, mappings };
};

/** True if a node is a string. A `''` string may be printed with `"` quotes. */
const isString = ({ kind }: Node): boolean => kind === "str" || kind === "indentedStr";

/** The innermost node whose text contains the character at `offset`. */
export const nodeAt = ({ mappings }: MappedText, offset: number): Node | undefined =>
  mappings.findLast(({ start, end }) => start <= offset && offset < end)?.node;

/** The origin of the innermost node at `offset` that has one. */
export const originAt = ({ mappings }: MappedText, offset: number): Origin | undefined => {
  for (let i = mappings.length - 1; i >= 0; i--) {
    const { node, start, end } = mappings[i] as Mapping;
    if (start <= offset && offset < end && "origin" in node) return node.origin;
  }
  return undefined;
};

/** A copy of the node with an origin. */
export const withOrigin = <T extends Node>(node: T, origin: Origin): T => ({ ...node, [NODE]: true, origin });
