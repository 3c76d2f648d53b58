/**
 * A fast path for plain data, which is most of a generated file: a binding or list item on a separate line, whose first
 * line is known without the layout algorithm. The output is the same as that of the algorithm.
 */
import type { Attrs, Binding, Expr, List } from "../expr.js";
import { isIdentifier } from "../names.js";
import { isBare } from "./absorb.js";
import { floatText } from "./numbers.js";
import { NEST, UNNEST, type Parts } from "./parts.js";
import { escapeStr } from "../strings.js";

/** The first line of a set or list, and the parts on further lines. */
export interface Opening {
  readonly text: string;
  readonly rest: Parts;
}

/** The line of `item`, if it is plain data with a known layout. */
export const plainLine = (item: Binding | Expr, width: number): string | Opening | undefined => {
  if (item.kind === "binding") {
    const { path, value, after, tokens } = item;
    const [name] = path;
    if (after !== undefined || tokens !== undefined || path.length > 1 || typeof name !== "string") return undefined;
    const written = writtenName(name);
    // A quoted name may have its value on the next line.
    const limit = written === name ? Infinity : width;
    return plainValue(value, `${written} = `, ";", limit, width);
  }
  return item.kind === "inherit" ? undefined : plainValue(item, "", "", Infinity, width);
};

/** `limit` applies to text that can break only because of a quoted name, `width` to text that can always break. */
const plainValue = (
  value: Expr,
  start: string,
  end: string,
  limit: number,
  width: number,
): string | Opening | undefined => {
  if (!isBare(value) || value.parens !== undefined) return undefined;
  if (value.kind === "attrs") {
    if (!isPlainSet(value, start === "" ? 2 : 1) || start.length + 1 > limit) return undefined;
    return { text: `${start}{`, rest: lines(value.bindings, `}${end}`) };
  }
  if (value.kind === "list" && value.items.length > 1) {
    if (!isPlainList(value) || start.length + 1 > limit) return undefined;
    return { text: `${start}[`, rest: lines(value.items, `]${end}`) };
  }
  const text = scalarText(value);
  if (text === undefined) return undefined;
  const line = start + text + end;
  const fits = value.kind === "str" ? line.length <= limit : line.length <= width;
  return fits ? line : undefined;
};

const lines = (items: readonly (Binding | Expr)[], end: string): Parts => [
  NEST,
  { kind: "#lines", items, next: 0 },
  UNNEST,
  { kind: "#closing", text: end },
];

const isPlainSet = ({ bindings, inner, recursive, expanded }: Attrs, atLeast: number): boolean =>
  !recursive &&
  inner === undefined &&
  expanded !== true &&
  bindings.length >= atLeast &&
  (bindings.length > 1 || bindings[0]?.kind === "binding");

const isPlainList = ({ inner, expanded }: List): boolean => inner === undefined && expanded !== true;

/** A simple value on one line. */
const scalarText = (value: Expr): string | undefined => {
  switch (value.kind) {
    case "ident":
      return value.name;
    case "int":
      return value.value >= 0n && value.spelling === undefined ? value.value.toString() : undefined;
    case "float":
      return value.value > 0 && value.spelling === undefined ? floatText(value.value) : undefined;
    case "str": {
      if (value.spelling !== undefined) return undefined;
      const [only, more] = value.parts;
      if (only === undefined) return '""';
      return more === undefined && typeof only === "string" ? `"${escapeStr(only)}"` : undefined;
    }
    case "list": {
      if (!isPlainList(value) || value.items.length > 1) return undefined;
      const [only] = value.items;
      if (only === undefined) return "[ ]";
      if (only.kind === "list" || !isBare(only) || only.parens !== undefined) return undefined;
      const text = scalarText(only);
      return text === undefined ? undefined : `[ ${text} ]`;
    }
    default:
      return undefined;
  }
};

/** Cache of printed names: configurations repeat a few names. */
const writtenNames = new Map<string, string>();
export const writtenName = (name: string): string => {
  let written = writtenNames.get(name);
  if (written === undefined) {
    written = isIdentifier(name) ? name : `"${escapeStr(name)}"`;
    if (writtenNames.size > 4096) writtenNames.clear();
    writtenNames.set(name, written);
  }
  return written;
};
