/** Values that stand in a text in the place of Nix. */
import type { AttrName, Interpolation } from "../expr.js";
import { checkText, dynamic, interp } from "../literal.js";
import { isNode, toNix } from "../to-nix.js";
import type { HoleText } from "./frames.js";

/** Values by their place in a text, where a `HOLE` of the lexer stands for each. */
export type Holes = ReadonlyMap<number, unknown>;

/** A value as a step of an attribute path. */
export const toName = (value: unknown): AttrName => {
  if (typeof value === "string") return checkText(value);
  if (isNode(value) && (value.kind === "name" || value.kind === "dynamicName")) return value;
  const expr = toNix(value);
  if (!isNode(value)) throw new TypeError("a name is a text or a node that computes one");
  return dynamic(expr);
};

/** A value as a part of a string: text as it is, numbers as their digits, a node as an interpolation. */
export const toTextPart = (value: unknown): HoleText | Interpolation => {
  switch (typeof value) {
    case "string":
      return { kind: "holeText", text: checkText(value) };
    case "number":
    case "bigint":
      return { kind: "holeText", text: String(value) };
    default:
      if (!isNode(value)) throw new TypeError("a part of a string is a text, a number or a node");
      return value.kind === "interpolation" ? value : interp(toNix(value));
  }
};
