import { NODE, type Expr, type Node, type Origin } from "./expr.js";
import { parseForm } from "./parse/parse.js";
import { print, type PrintOptions } from "./print/print.js";
import { isNode } from "./to-nix.js";

/** Which part of a printed text says a node, in UTF-16 units. */
export interface Mapping {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
}

export interface MappedText {
  readonly text: string;
  /** Every node that has a text of its own, in the order of their starts, outer ones first. */
  readonly mappings: readonly Mapping[];
}

/** What a node carries beside its parts. */
const NO_PARTS: ReadonlySet<string> = new Set(["tokens", "before", "below", "inner", "parens", "spelling", "origin"]);

/**
 * {@link print}, with the places of the nodes. The text is read back, and the tree that it gives, which is the same, says
 * where each node is. What Nix writes as several nodes (a negative number, a path of odd characters) is one mapping.
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

/** Whether a node is a string; one of `''` quotes may be printed with `"`. */
const isString = ({ kind }: Node): boolean => kind === "str" || kind === "indentedStr";

/** The innermost node whose text holds the character at `offset`. */
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

/** The same node, with where it came from. */
export const withOrigin = <T extends Node>(node: T, origin: Origin): T => ({ ...node, [NODE]: true, origin });
