/** Lists written out in a file. */
import type { Expr, List } from "../expr.js";
import { toNix, type NixInput } from "../to-nix.js";
import { getAttr, showPath, type Names } from "./attributes.js";
import { sameMeaning } from "./compare.js";
import { fail, splice, type Edited, type NixFile } from "./file.js";
import { rangeOf, resultOf } from "./find.js";
import { itemFragment } from "./fragment.js";
import { insertElement } from "./sequence.js";
import { nodeAt } from "./walk.js";

/** The last list that is written out in what an expression gives, `++` on either side of it. */
export const listIn = (expr: Expr): List | undefined => {
  const stack = [expr];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const result = resultOf(next);
    if (result.kind === "list") return result;
    if (result.kind === "binary" && result.operator === "++") stack.push(result.left, result.right);
  }
  return undefined;
};

/** The item at the end of a list of the file. */
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
  return fail("unsafe", "the text of the item would not mean it where it stands; change the list by hand", list);
};

/**
 * Adds an item at the end of a list that is written out: `[ … ]`, `with pkgs; [ … ]`, the last such list of `… ++ …`. The
 * empty path is the file's own list. A call such as `lib.optionals condition [ … ]` is no such list.
 *
 * @throws {ToNixError} or RangeError for an item that {@link toNix} does not take.
 */
export const appendItem = (file: NixFile, path: Names, item: NixInput): Edited => {
  const node = toNix(item);
  const value = getAttr(file, path);
  const what = path.length === 0 ? "what the file gives" : `\`${showPath(path)}\``;
  if (value === undefined) return fail("missing", `there is no ${what}; set it to a list`);
  const list = listIn(value);
  if (list?.start !== undefined) return appendTo(file, list, node);
  return fail("notAList", `${what} holds no list that is written out; change it by hand or set it`, value);
};
