/** Reads, sets, inserts and removes attributes by path. */
import { NODE, type AttrPath, type Binding, type Expr, type Inherit } from "../expr.js";
import { comment } from "../build.js";
import { toNix, type NixInput } from "../to-nix.js";
import { nameOf, staticName } from "../names.js";
import { sameMeaning } from "./compare.js";
import { fail, type EditError, type Edited, type NixFile } from "./file.js";
import { splice } from "./splice.js";
import {
  computedFor,
  definitions,
  isRecursive,
  placeFor,
  rangeOf,
  resultOf,
  sequenceOf,
  setIn,
  type Block,
  type Branch,
  type Definition,
  type Through,
} from "./find.js";
import { bindingFragment, exprFragment, textAt, valueFragment } from "./fragment.js";
import { removeNode, replaceNode } from "./nodes.js";
import { usesOf } from "./scope.js";
import { insertElement, removeElement } from "./sequence.js";
import { follow, showPath, throughOf, type Names, type NixPath, type PathOptions, type Target } from "./steps.js";
import { indentation, styleOf, type Range, type Sequence } from "./text.js";
import { blockAt } from "./walk.js";
import { skipBlanks } from "../parse/blanks.js";
import type { Result } from "../result.js";

/**
 * The value at a path, in every spelling of it: `a.b = 1;`, `a = { b = 1; };`, quoted names. The path continues in the
 * results of functions, `let`, `with`, `assert` and parentheses. For an attribute with several definitions, the result
 * is a combined set, or with several branches the last definition. For an inherited attribute, it is a variable or
 * selection. Combined sets and inherited values have no offsets. The empty path is the result of the file. Undefined if
 * the path is not defined, or if a parent is not a literal set.
 */
export const getAttr = (file: NixFile, path: NixPath, options: PathOptions = {}): Expr | undefined => {
  const through = throughOf(options);
  const target = follow(file.expr, path, through);
  if (target._tag === "Left") return undefined;
  const { names, expr } = target.right;
  return names.length === 0 ? resultOf(expr) : valueOf(definitionsAt(target.right, through));
};

/** The definitions of a target in all branches. */
export const definitionsAt = ({ blocks, names }: Target, through: Through): readonly Definition[] =>
  blocks.flatMap(({ value, conditions }) => definitions(value, names, through, conditions));

/** The value that definitions have together. */
export const valueOf = (found: readonly Definition[]): Expr | undefined => {
  const [only] = found;
  if (only?.kind === "inherited") return only.exact ? inheritedValue(only) : undefined;
  if (only === undefined || only.kind === "opaque") return undefined;
  if (found.length === 1 && only.kind === "whole") return only.binding.value;
  const last = found.findLast((one) => one.kind === "whole" && setIn(one.binding.value) === undefined);
  return last?.kind === "whole" ? last.binding.value : merge(found);
};

const inheritedValue = ({ binding: { from }, name }: Extract<Definition, { kind: "inherited" }>): Expr =>
  from ? { [NODE]: true, kind: "select", target: from, path: [name] } : { [NODE]: true, kind: "ident", name };

const merge = (found: readonly Definition[]): Expr => {
  const recursive = found.some(({ kind, binding }) => kind === "whole" && setIn(binding.value)?.recursive === true);
  const bindings = found.flatMap((one): readonly Binding[] => {
    if (one.kind === "part") {
      const { start: _start, end: _end, ...rest } = one.binding;
      return [{ ...rest, path: one.binding.path.slice(one.depth) as unknown as AttrPath }];
    }
    return one.kind === "whole" ? (setIn(one.binding.value)?.bindings ?? []) : [];
  });
  return { [NODE]: true, kind: "attrs", recursive, bindings };
};

/** The blocks of a path that ends with a name. */
const targetFor = (file: NixFile, path: NixPath, through: Through): Result<EditError, Target> => {
  if (path.length === 0) return fail("invalid", "empty path; name at least one attribute");
  const target = follow(file.expr, path, through);
  if (target._tag === "Left" || target.right.names.length === 0 || target.right.blocks.length > 0) return target;
  const { names, expr } = target.right;
  const parent = path.slice(0, path.length - names.length);
  const subject = parent.length === 0 ? "the result of the file" : `\`${showPath(parent)}\``;
  const message = `${subject} is not a literal set; edit the set itself, or lead the path into the call around it`;
  return fail("notASet", message, rangeOf(resultOf(expr)));
};

/** The error for a path that cannot be changed in this file. */
export const obstacle = (found: readonly Definition[], path: NixPath): Result<EditError, never> | undefined => {
  for (const one of found) {
    if (one.kind === "inherited") {
      const message = `\`${one.name}\` is inherited; change its source, or remove it from the \`inherit\` first`;
      return fail("inherited", message, one.binding);
    }
    if (one.kind === "opaque") {
      const message = `\`${showPath(path)}\` leads through something that is not written out as a set here; change that by hand`;
      return fail("notASet", message, rangeOf(one.binding.value));
    }
  }
  return undefined;
};

/** Facts about the path of an edited attribute. */
interface Subject {
  readonly path: NixPath;
  readonly names: Names;
  readonly through: Through;
}

/** Checks that an attribute has the new value in the edited file. `root` contains the edited place. */
const confirm = (edited: Edited, root: Block, { path, names, through }: Subject, value: Expr): Edited => {
  if (edited._tag === "Left") return edited;
  const block = blockAt(edited.right.expr, root.kind, root.start ?? 0);
  const found = block && valueOf(definitions(block, names, through));
  if (found !== undefined && sameMeaning(found, value)) return edited;
  return fail(
    "unsafe",
    `the value of \`${showPath(path)}\` would have another meaning in this place; change it by hand`,
  );
};

/**
 * Sets an attribute: replaces all its definitions, or inserts it as {@link insertAttr} does. A set replaces a set
 * without merging. Variables in the value refer to the scope of its new place. If the last step of the path is not a
 * name, it replaces the expression there.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 *
 * @example
 *
 * ```ts
 * import { openNix, setAttr } from "@microvm-emit/nix-ast";
 *
 * const file = openNix("{\n  port = 80; # for now\n}\n");
 * const edited = file._tag === "Left" ? file : setAttr(file.right, ["port"], 8080);
 * if (edited._tag === "Right") console.log(edited.right.text);
 * ```
 *
 * ```nix
 * {
 *   port = 8080; # for now
 * }
 * ```
 */
export const setAttr = (file: NixFile, path: NixPath, value: NixInput, options: PathOptions = {}): Edited => {
  const node = toNix(value);
  const through = throughOf(options);
  const target = targetFor(file, path, through);
  if (target._tag === "Left") return target;
  const { names, expr } = target.right;
  if (names.length === 0) return replaceNode(file, expr, node);
  const found = definitionsAt(target.right, through);
  const [first, ...more] = found;
  if (first === undefined) return insert(file, target.right.blocks, { path, names, through }, node);
  const blocked = obstacle(found, path);
  if (blocked) return blocked;
  const kept = found.find((one) => one.kind === "whole") ?? first;
  const other = more.length === 0 ? undefined : found.findLast((one) => one !== kept);
  if (other !== undefined) {
    const fewer = removeDefinition(file, other);
    return fewer._tag === "Left" ? fewer : setAttr(fewer.right, path, node, options);
  }
  return replace(file, { path, names, through }, kept, commentedBefore(node));
};

/** Without the comment after a value. It would be after the semicolon, like the comment of the old value. */
const commentedBefore = ({ after, ...node }: Expr): Expr =>
  after === undefined ? node : comment<Expr>(node, { before: after });

const replace = (file: NixFile, subject: Subject, found: Definition, node: Expr): Edited => {
  if (found.kind === "inherited" || found.kind === "opaque") throw new Error("no place for the value");
  const { text } = file;
  const { binding, root } = found;
  const { start = 0, end = 0 } = binding;
  const style = styleOf(text);
  const indent = indentation(text, start);
  if (found.kind === "part") {
    const names = binding.path.slice(0, found.depth) as unknown as AttrPath;
    const fragment = bindingFragment(names, node);
    const change = { start, end, text: textAt(fragment, indent, style) };
    return confirm(splice(file, [change]), root, subject, fragment.node);
  }
  const value = rangeOf(binding.value);
  const gap = text.slice(0, value.start).trimEnd().length;
  const before = binding.value.before ?? binding.value.parens?.at(-1)?.before ?? binding.tokens?.["="];
  if (before !== undefined || text[gap - 1] !== "=") {
    const fragment = exprFragment(node);
    const own = indentation(text, value.start);
    return confirm(splice(file, [{ ...value, text: textAt(fragment, own, style) }]), root, subject, fragment.node);
  }
  const fragment = valueFragment(binding.path, node);
  const added = textAt(fragment, indent, style);
  const change = fragment.oneLine ? { ...value, text: added.trimStart() } : { start: gap, end: value.end, text: added };
  return confirm(splice(file, [change]), root, subject, fragment.node);
};

/**
 * Adds an attribute to the innermost literal set on its path: after the last binding with the longest common prefix, or
 * at the end. If the path goes through several branches, it uses one with the fewest conditions. An error if the
 * attribute or a part of it is already defined.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 */
export const insertAttr = (file: NixFile, path: NixPath, value: NixInput, options: PathOptions = {}): Edited => {
  const node = toNix(value);
  const through = throughOf(options);
  const target = targetFor(file, path, through);
  if (target._tag === "Left") return target;
  const { names, blocks, expr } = target.right;
  if (names.length === 0) {
    return fail("invalid", `\`${showPath(path)}\` does not end with the name of an attribute`, rangeOf(expr));
  }
  const found = definitionsAt(target.right, through);
  const [first] = found;
  if (first === undefined) return insert(file, blocks, { path, names, through }, node);
  return (
    obstacle(found, path) ??
    fail("defined", `\`${showPath(path)}\` is already defined; use setAttr to replace it`, first.binding)
  );
};

const insert = (file: NixFile, blocks: readonly Branch<Block>[], subject: Subject, node: Expr): Edited => {
  const { path, names, through } = subject;
  for (const { value } of blocks) {
    const computed = computedFor(value, names, through);
    if (computed === undefined) continue;
    const message = `a computed name here may be a part of ${showPath(path)}; add the attribute by hand`;
    return fail("ambiguous", message, computed);
  }
  const place = placeFor(blocks, names, through);
  const captured = captures(
    place.set,
    place.path[0],
    "would refer to the new attribute, because the set is `rec` or a `let`; rename one of them",
  );
  if (captured) return captured;
  const fragment = bindingFragment(place.path as unknown as AttrPath, node);
  const splices = insertElement(file.text, sequenceOf(file.text, place.set), place.after, fragment, {
    spreadEmpty: true,
  });
  return confirm(splice(file, splices), place.root, subject, fragment.node);
};

/** The error for uses of a name in a `let` or recursive set that the edit would change. */
const captures = (
  set: Block,
  name: string | undefined,
  effect: string,
  bindings = set.bindings,
): Result<EditError, never> | undefined => {
  if (!isRecursive(set) || name === undefined || bindings.some((one) => firstNames(one).includes(name)))
    return undefined;
  const [use] = usesOf(name, set.kind === "let" ? [...bindings, set.body] : bindings);
  if (use === undefined) return undefined;
  return fail("captured", `\`${name}\` here ${effect}`, use.node);
};

const firstNames = (binding: Binding): readonly (string | undefined)[] =>
  binding.kind === "inherit" ? binding.names.map(nameOf) : [staticName(binding.path[0])];

/**
 * Removes all definitions of an attribute, with the comments directly above and after them. Literal sets around it
 * stay: removing `a.b` from `a = { b = 1; };` leaves `a = { };`, and from `a.b = 1;` nothing. An inherited name is
 * removed from its `inherit`. A path that ends with an item removes the item.
 */
export const removeAttr = (file: NixFile, path: NixPath, options: PathOptions = {}): Edited => {
  const through = throughOf(options);
  const target = targetFor(file, path, through);
  if (target._tag === "Left") return target;
  const { names, list, expr } = target.right;
  if (names.length === 0) {
    return list ? removeNode(file, expr) : fail("invalid", `\`${showPath(path)}\` cannot be removed`, rangeOf(expr));
  }
  const found = definitionsAt(target.right, through);
  const last = found.at(-1);
  if (last === undefined) return fail("missing", `\`${showPath(path)}\` is not defined in the file`);
  const blocked = obstacle(
    found.filter((one) => one.kind !== "inherited" || !one.exact),
    path,
  );
  if (blocked) return blocked;
  const edited = removeDefinition(file, last);
  if (edited._tag === "Left") return edited;
  if (found.length > 1) return removeAttr(edited.right, path, options);
  return orphaned(edited.right, last, { path, names, through }) ?? edited;
};

/** The error for a recursive set that uses a removed attribute of another definition of the same set. */
const orphaned = (
  file: NixFile,
  { root }: Definition,
  { names, through }: Subject,
): Result<EditError, never> | undefined => {
  const block = blockAt(file.expr, root.kind, root.start ?? 0);
  for (let depth = 1; block && depth < names.length; depth++) {
    const name = names[depth] ?? "";
    if (valueOf(definitions(block, names.slice(0, depth + 1), through)) !== undefined) continue;
    for (const one of definitions(block, names.slice(0, depth), through)) {
      const set = one.kind === "whole" ? setIn(one.binding.value) : undefined;
      if (set?.recursive !== true || usesOf(name, set.bindings).length === 0) continue;
      const where = showPath(names.slice(0, depth));
      return fail("captured", `\`${where}\` is \`rec\` and uses \`${name}\`; change it first`);
    }
  }
  return undefined;
};

const removeDefinition = (file: NixFile, { kind, set, index, binding, ...found }: Definition): Edited => {
  const { text } = file;
  const name = "name" in found ? found.name : firstNames(binding)[0];
  const others = set.bindings.filter((one) => one !== binding);
  const captured = captures(
    set,
    name,
    "refers to the attribute, because the set is `rec` or a `let`; change it first",
    others,
  );
  if (captured) return captured;
  const cut =
    kind === "inherited" && binding.names.length > 1
      ? removeElement(
          text,
          inheritedNames(text, binding),
          binding.names.findIndex((one) => nameOf(one) === name),
        )
      : removeElement(text, sequenceOf(text, set), index);
  return splice(file, cut ? [cut] : []);
};

/** The place of the names of an `inherit`. */
const inheritedNames = (text: string, { start = 0, end: close = 0, from, names }: Inherit): Sequence => {
  const open = from ? rangeOf(from).end : start + "inherit".length;
  const elements: Range[] = [];
  let at = open;
  for (const name of names) {
    at = skipBlanks(text, at);
    const end = (typeof name === "string" ? undefined : name.end) ?? at + nameOf(name).length;
    elements.push({ start: at, end });
    at = elements.at(-1)?.end ?? at;
  }
  return { open, close: close - 1, elements };
};
