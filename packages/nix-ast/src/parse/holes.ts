/** Values in holes of a template. */
import { toBindings, type Bindings } from "../build.js";
import type { AttrName, Binding, Expr, Interpolation } from "../expr.js";
import { checkText, dynamic, interp } from "../literal.js";
import { isNode } from "../nodes.js";
import { toNix } from "../to-nix.js";
import type { HoleText } from "./frames.js";

/**
 * The values of a template by offset. The text has a `HOLE` of the lexer at each offset. The parser gets them by this
 * interface, so that programs without templates do not contain the conversion of data.
 *
 * The functions throw a TypeError or RangeError for values that are not allowed in their place.
 */
export interface Holes {
  readonly starts: ReadonlySet<number>;
  readonly expr: (at: number) => Expr;
  /** The names of a hole: of a string, a node, or a list of both. */
  readonly names: (at: number) => readonly AttrName[];
  readonly textPart: (at: number) => HoleText | Interpolation;
  /** The items of `...${items}` in a list. */
  readonly items: (at: number) => readonly Expr[];
  /** The bindings of `...${bindings}` in a set: of a record, a set, or a list of bindings. */
  readonly bindings: (at: number) => readonly Binding[];
}

export const holesOf = (values: ReadonlyMap<number, unknown>): Holes => ({
  starts: new Set(values.keys()),
  expr: (at) => toNix(values.get(at)),
  names: (at) => [values.get(at)].flat().map(toName),
  textPart: (at) => toTextPart(values.get(at)),
  items: (at) => {
    const value = values.get(at);
    if (!Array.isArray(value)) throw new TypeError("expected an array of items after `...` in a list");
    return value.map((item: unknown) => toNix(item));
  },
  bindings: (at) => toBindings(values.get(at) as Bindings),
});

/** Converts a value to a name in an attribute path. */
const toName = (value: unknown): AttrName => {
  if (typeof value === "string") return checkText(value);
  if (isNode(value) && (value.kind === "name" || value.kind === "dynamicName")) return value;
  const expr = toNix(value);
  if (!isNode(value)) throw new TypeError("expected a string or a node as a name");
  return dynamic(expr);
};

/** Converts a value to a part of a string: a string unchanged, a number to its digits, a node to an interpolation. */
const toTextPart = (value: unknown): HoleText | Interpolation => {
  switch (typeof value) {
    case "string":
      return { kind: "holeText", text: checkText(value) };
    case "number":
    case "bigint":
      return { kind: "holeText", text: String(value) };
    default:
      if (!isNode(value)) throw new TypeError("expected a string, a number or a node as a part of a string");
      return value.kind === "interpolation" ? value : interp(toNix(value));
  }
};
