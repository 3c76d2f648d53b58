/** Edits literal lists. */
import { list as listOf } from "../build.js";
import type { Expr, List } from "../expr.js";
import { toNix, type NixInput } from "../to-nix.js";
import { definitionsAt, getAttr, insertAttr } from "./attributes.js";
import { sameMeaning } from "./compare.js";
import { fail, type Edited, type NixFile } from "./file.js";
import { splice } from "./splice.js";
import { listsIn, rangeOf } from "./find.js";
import { itemFragment } from "./fragment.js";
import { insertElement } from "./sequence.js";
import { follow, showPath, throughOf, type NixPath, type PathOptions } from "./steps.js";
import { blockAt } from "./walk.js";

/** The last literal list in the result of an expression, also as an operand of `++`. */
export const listIn = (expr: Expr): List | undefined => listsIn(expr).at(-1);

/** Adds an item at the end of a list of the file. */
export const appendTo = (file: NixFile, list: List, item: Expr): Edited => {
  const fragment = itemFragment(item);
  const { start = 0, end = 0, items } = list;
  const sequence = { open: start + 1, close: end - 1, elements: items.map(rangeOf) };
  const splices = insertElement(file.text, sequence, items.length - 1, fragment, { spreadEmpty: false });
  const edited = splice(file, splices);
  if (edited._tag === "Left") return edited;
  const now = blockAt(edited.right.expr, "list", start);
  const last = now?.items.length === items.length + 1 ? now.items.at(-1) : undefined;
  if (last !== undefined && sameMeaning(last, fragment.node)) return edited;
  return fail("unsafe", "the item would have another meaning in this place; change the list by hand", list);
};

/** Options of {@link appendItem}. */
export interface AppendOptions extends PathOptions {
  /** Define the list if the path is not defined. Default: false. */
  readonly create?: boolean;
}

/**
 * Adds an item at the end of a literal list: `[ … ]`, `with pkgs; [ … ]`, or the last literal list of `… ++ …`. The
 * empty path is a file that is a list. It does not change lists in calls such as `lib.optionals condition [ … ]`, unless
 * the path leads there.
 *
 * @throws {ToNixError} or RangeError for an item that {@link toNix} rejects.
 */
export const appendItem = (file: NixFile, path: NixPath, item: NixInput, options: AppendOptions = {}): Edited => {
  const node = toNix(item);
  const through = throughOf(options);
  const target = follow(file.expr, path, through);
  const isNew = target._tag === "Right" && definitionsAt(target.right, through).length === 0;
  if (options.create === true && isNew && target.right.names.length > 0) {
    return insertAttr(file, path, listOf([node]), options);
  }
  const value = getAttr(file, path, options);
  const subject = path.length === 0 ? "the file" : `\`${showPath(path)}\``;
  if (value === undefined) return fail("missing", `${subject} has no value; set it to a list`);
  const list = listIn(value);
  if (list?.start !== undefined) return appendTo(file, list, node);
  return fail("notAList", `${subject} has no literal list; change it by hand or set it`, value);
};
