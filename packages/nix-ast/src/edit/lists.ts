/** Edits literal lists. */
import type { Expr, List } from "../expr.js";
import { toNix, type NixInput } from "../to-nix.js";
import { getAttr, showPath, type Names } from "./attributes.js";
import { sameMeaning } from "./compare.js";
import { fail, type Edited, type NixFile } from "./file.js";
import { splice } from "./splice.js";
import { rangeOf, resultOf } from "./find.js";
import { itemFragment } from "./fragment.js";
import { insertElement } from "./sequence.js";
import { nodeAt } from "./walk.js";

/** The last literal list in the result of an expression, also as an operand of `++`. */
export const listIn = (expr: Expr): List | undefined => {
  const stack = [expr];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const result = resultOf(next);
    if (result.kind === "list") return result;
    if (result.kind === "binary" && result.operator === "++") stack.push(result.left, result.right);
  }
  return undefined;
};

/** Adds an item at the end of a list of the file. */
export const appendTo = (file: NixFile, list: List, item: Expr): Edited => {
  const fragment = itemFragment(item);
  const { start = 0, end = 0, items } = list;
  const sequence = { open: start + 1, close: end - 1, elements: items.map(rangeOf) };
  const splices = insertElement(file.text, sequence, items.length - 1, fragment, { spreadEmpty: false });
  const edited = splice(file, splices);
  if (edited._tag === "Left") return edited;
  const now = nodeAt(edited.right.expr, "list", start);
  const last = now?.items.length === items.length + 1 ? now.items.at(-1) : undefined;
  if (last !== undefined && sameMeaning(last, fragment.node)) return edited;
  return fail("unsafe", "the item would have another meaning in this place; change the list by hand", list);
};

/**
 * Adds an item at the end of a literal list: `[ … ]`, `with pkgs; [ … ]`, or the last literal list of `… ++ …`. The
 * empty path is a file that is a list. It does not change lists in calls such as `lib.optionals condition [ … ]`.
 *
 * @throws {ToNixError} or RangeError for an item that {@link toNix} rejects.
 */
export const appendItem = (file: NixFile, path: Names, item: NixInput): Edited => {
  const node = toNix(item);
  const value = getAttr(file, path);
  const subject = path.length === 0 ? "the file" : `\`${showPath(path)}\``;
  if (value === undefined) return fail("missing", `${subject} has no value; set it to a list`);
  const list = listIn(value);
  if (list?.start !== undefined) return appendTo(file, list, node);
  return fail("notAList", `${subject} has no literal list; change it by hand or set it`, value);
};
