/** Values in holes of a template. */
import type { AttrName, Interpolation } from "../expr.js";
import { checkText, dynamic, interp } from "../literal.js";
import { isNode, toNix } from "../to-nix.js";
import type { HoleText } from "./frames.js";

/** Values by offset. The text has a `HOLE` of the lexer at each offset. */
export type Holes = ReadonlyMap<number, unknown>;

/** Converts a value to a name in an attribute path. */
export const toName = (value: unknown): AttrName => {
  if (typeof value === "string") return checkText(value);
  if (isNode(value) && (value.kind === "name" || value.kind === "dynamicName")) return value;
  const expr = toNix(value);
  if (!isNode(value)) throw new TypeError("expected a string or a node as a name");
  return dynamic(expr);
};

/** Converts a value to a part of a string: a string unchanged, a number to its digits, a node to an interpolation. */
export const toTextPart = (value: unknown): HoleText | Interpolation => {
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
