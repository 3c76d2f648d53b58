/** The meaning of an expression without its spelling. A tree and its parsed text have the same meaning. */
import {
  binary,
  float,
  int,
  interp,
  negate,
  str,
  type Expr,
  type IndentedStr,
  type Node,
  type Str,
  type StringPart,
} from "../src/index.js";
import { pathParts } from "../src/strings.js";

const SOURCE = new Set(["before", "after", "tokens", "below", "parens", "start", "end", "spelling", "quoted", "inner", "expanded", "sameLine", "origin"]); // prettier-ignore

const INT64_MIN = -(2n ** 63n);

/** The same expression with only Nix literals: no negative numbers, plain paths, one kind of string. */
const written = (node: Node): Node => {
  switch (node.kind) {
    case "int":
      if (node.value >= 0n) return node;
      if (node.value === INT64_MIN) return binary(negate(int(-INT64_MIN - 1n)), "-", int(1));
      return negate(int(-node.value));
    case "float":
      if (Object.is(node.value, -0)) return binary(float(0), "*", negate(float(1)));
      return node.value < 0 ? negate(float(-node.value)) : node;
    case "indentedStr":
      return { ...node, kind: "str" };
    case "path": {
      const parts = pathParts(node, (text) => interp(str(text))) as unknown as typeof node.parts;
      return { ...node, parts };
    }
    case "name":
      return node;
    default:
      return node;
  }
};

export const meaning = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(meaning);
  if (typeof value !== "object" || value === null) return value;
  const node = written(value as Node);
  if (node.kind === "name") return node.name;
  // A computed name that is a constant string is a static name.
  if (node.kind === "dynamicName" && isString(node.expr) && isText(node.expr.parts)) return textOf(node.expr.parts);
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !SOURCE.has(key))
      .map(([key, inner]: [string, unknown]) => [key, typeof inner === "bigint" ? String(inner) : meaning(inner)]),
  );
};

const isString = (expr: Expr): expr is Str | IndentedStr => expr.kind === "str" || expr.kind === "indentedStr";
const isText = (parts: readonly StringPart[]): parts is readonly string[] =>
  parts.every((part) => typeof part === "string");
const textOf = (parts: readonly string[]): string => parts.join("");
