/** Reads, sets, inserts and removes attributes by path. */
import { NODE, type AttrPath, type Attrs, type Binding, type Expr, type Inherit } from "../expr.js";
import { comment } from "../build.js";
import { isIdentifier } from "../names.js";
import { toNix, type NixInput } from "../to-nix.js";
import { nameOf, staticName } from "../names.js";
import { sameMeaning } from "./compare.js";
import { fail, right, type EditError, type Edited, type NixFile } from "./file.js";
import { splice } from "./splice.js";
import { computedFor, definitions, placeFor, rangeOf, resultOf, sequenceOf, setIn, type Definition } from "./find.js";
import { bindingFragment, exprFragment, textAt, valueFragment } from "./fragment.js";
import { usesOf } from "./scope.js";
import { insertElement, removeElement } from "./sequence.js";
import { indentation, styleOf, type Range, type Sequence } from "./text.js";
import { skipBlanks } from "../parse/blanks.js";
import type { Result } from "../result.js";

/** Attribute names, outermost first. Each name is one attribute, even with dots in it. */
export type Names = readonly string[];

/** A path in Nix syntax. */
export const showPath = (path: Names): string =>
  path.map((name) => (isIdentifier(name) ? name : JSON.stringify(name))).join(".");

/**
 * The value of an attribute in every spelling of its path: `a.b = 1;`, `a = { b = 1; };`, quoted names. The set of the
 * file and the sets on the path can be in functions, `let`, `with`, `assert` and parentheses. For an attribute with
 * several definitions, the result is a combined set; for an inherited attribute, a variable or selection. Both have no
 * offsets. The empty path is the result of the file. Undefined if the path is not defined, or if a parent is not a
 * literal set.
 */
export const getAttr = (file: NixFile, path: Names): Expr | undefined => {
  if (path.length === 0) return resultOf(file.expr);
  const root = setIn(file.expr);
  const found = root ? definitions(root, path) : [];
  const [only] = found;
  if (only?.kind === "inherited") return only.exact ? inheritedValue(only) : undefined;
  if (only === undefined || only.kind === "opaque") return undefined;
  return found.length === 1 && only.kind === "whole" ? only.binding.value : merge(found);
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

/** The set of a file for definitions of a path. */
const rootFor = (file: NixFile, path: Names): Result<EditError, Attrs> => {
  if (path.length === 0) return fail("invalid", "empty path; name at least one attribute");
  const root = setIn(file.expr);
  if (root) return right(root);
  return fail(
    "notASet",
    "the result of the file is not a literal set; edit the file that defines the set",
    resultOf(file.expr),
  );
};

/** The error for a path that cannot be changed in this file. */
const obstacle = (found: readonly Definition[], path: Names): Result<EditError, never> | undefined => {
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

/** Checks that an attribute has the new value in the edited file. */
const confirm = (edited: Edited, path: Names, value: Expr): Edited => {
  if (edited._tag === "Left") return edited;
  const now = getAttr(edited.right, path);
  if (now !== undefined && sameMeaning(now, value)) return edited;
  return fail(
    "unsafe",
    `the value of \`${showPath(path)}\` would have another meaning in this place; change it by hand`,
  );
};

/**
 * Sets an attribute: replaces all its definitions, or inserts it as {@link insertAttr} does. A set replaces a set
 * without merging. Variables in the value refer to the scope of its new place.
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
export const setAttr = (file: NixFile, path: Names, value: NixInput): Edited => {
  const node = toNix(value);
  const root = rootFor(file, path);
  if (root._tag === "Left") return root;
  const found = definitions(root.right, path);
  const [first, ...more] = found;
  if (first === undefined) return insert(file, root.right, path, node);
  const blocked = obstacle(found, path);
  if (blocked) return blocked;
  const kept = found.find((one) => one.kind === "whole") ?? first;
  const other = more.length === 0 ? undefined : found.findLast((one) => one !== kept);
  if (other !== undefined) {
    const fewer = removeDefinition(file, other);
    return fewer._tag === "Left" ? fewer : setAttr(fewer.right, path, node);
  }
  return replace(file, path, kept, commentedBefore(node));
};

/** Without the comment after a value. It would be after the semicolon, like the comment of the old value. */
const commentedBefore = ({ after, ...node }: Expr): Expr =>
  after === undefined ? node : comment<Expr>(node, { before: after });

const replace = (file: NixFile, path: Names, found: Definition, node: Expr): Edited => {
  if (found.kind === "inherited" || found.kind === "opaque") throw new Error("no place for the value");
  const { text } = file;
  const { binding } = found;
  const { start = 0, end = 0 } = binding;
  const style = styleOf(text);
  const indent = indentation(text, start);
  if (found.kind === "part") {
    const names = binding.path.slice(0, found.depth) as unknown as AttrPath;
    const fragment = bindingFragment(names, node);
    return confirm(splice(file, [{ start, end, text: textAt(fragment, indent, style) }]), path, fragment.node);
  }
  const value = rangeOf(binding.value);
  const gap = text.slice(0, value.start).trimEnd().length;
  const before = binding.value.before ?? binding.value.parens?.at(-1)?.before ?? binding.tokens?.["="];
  if (before !== undefined || text[gap - 1] !== "=") {
    const fragment = exprFragment(node);
    const own = indentation(text, value.start);
    return confirm(splice(file, [{ ...value, text: textAt(fragment, own, style) }]), path, fragment.node);
  }
  const fragment = valueFragment(binding.path, node);
  const added = textAt(fragment, indent, style);
  const change = fragment.oneLine ? { ...value, text: added.trimStart() } : { start: gap, end: value.end, text: added };
  return confirm(splice(file, [change]), path, fragment.node);
};

/**
 * Adds an attribute to the innermost literal set on its path: after the last binding with the longest common prefix, or
 * at the end. An error if the attribute or a part of it is already defined.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 */
export const insertAttr = (file: NixFile, path: Names, value: NixInput): Edited => {
  const node = toNix(value);
  const root = rootFor(file, path);
  if (root._tag === "Left") return root;
  const found = definitions(root.right, path);
  const [first] = found;
  if (first === undefined) return insert(file, root.right, path, node);
  return (
    obstacle(found, path) ??
    fail("defined", `\`${showPath(path)}\` is already defined; use setAttr to replace it`, first.binding)
  );
};

const insert = (file: NixFile, root: Attrs, path: Names, node: Expr): Edited => {
  const computed = computedFor(root, path);
  if (computed) {
    const message = `a computed name here may be a part of ${path.join(".")}; add the attribute by hand`;
    return fail("ambiguous", message, computed);
  }
  const place = placeFor(root, path);
  const captured = captures(
    place.set,
    place.path[0],
    "would refer to the new attribute, because the set is `rec`; rename one of them",
  );
  if (captured) return captured;
  const fragment = bindingFragment(place.path as unknown as AttrPath, node);
  const splices = insertElement(file.text, sequenceOf(file.text, place.set), place.after, fragment, {
    spreadEmpty: true,
  });
  return confirm(splice(file, splices), path, fragment.node);
};

/** The error for uses of a name in a recursive set that would get another meaning. */
const captures = (
  set: Attrs,
  name: string | undefined,
  effect: string,
  bindings = set.bindings,
): Result<EditError, never> | undefined => {
  if (!set.recursive || name === undefined || bindings.some((one) => firstNames(one).includes(name))) return undefined;
  const [use] = usesOf(name, bindings);
  if (use === undefined) return undefined;
  return fail("captured", `\`${name}\` here ${effect}`, use.node);
};

const firstNames = (binding: Binding): readonly (string | undefined)[] =>
  binding.kind === "inherit" ? binding.names.map(nameOf) : [staticName(binding.path[0])];

/**
 * Removes all definitions of an attribute, with the comments directly above and after them. Literal sets around it
 * stay: removing `a.b` from `a = { b = 1; };` leaves `a = { };`, and from `a.b = 1;` nothing. An inherited name is
 * removed from its `inherit`.
 */
export const removeAttr = (file: NixFile, path: Names): Edited => {
  const root = rootFor(file, path);
  if (root._tag === "Left") return root;
  const found = definitions(root.right, path);
  const last = found.at(-1);
  if (last === undefined) return fail("missing", `\`${showPath(path)}\` is not defined in the file`);
  const blocked = obstacle(
    found.filter((one) => one.kind !== "inherited" || !one.exact),
    path,
  );
  if (blocked) return blocked;
  const edited = removeDefinition(file, last);
  if (edited._tag === "Left") return edited;
  return found.length === 1 ? (orphaned(edited.right, path) ?? edited) : removeAttr(edited.right, path);
};

/** The error for a recursive set that uses a removed attribute of another definition of the same set. */
const orphaned = (file: NixFile, path: Names): Result<EditError, never> | undefined => {
  const root = setIn(file.expr);
  for (let depth = 1; root && depth < path.length; depth++) {
    const name = path[depth] ?? "";
    if (getAttr(file, path.slice(0, depth + 1)) !== undefined) continue;
    for (const one of definitions(root, path.slice(0, depth))) {
      const set = one.kind === "whole" ? setIn(one.binding.value) : undefined;
      if (set?.recursive !== true || usesOf(name, set.bindings).length === 0) continue;
      const where = showPath(path.slice(0, depth));
      return fail("captured", `\`${where}\` is \`rec\` and uses \`${name}\`; change it first`);
    }
  }
  return undefined;
};

const removeDefinition = (file: NixFile, { kind, set, index, binding, ...found }: Definition): Edited => {
  const { text } = file;
  const name = "name" in found ? found.name : firstNames(binding)[0];
  const others = set.bindings.filter((one) => one !== binding);
  const captured = captures(set, name, "refers to the attribute, because the set is `rec`; change it first", others);
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
