/** Edits nodes of a file in place: replaces and removes them, and inserts others beside them. */
import { childrenOf, nodesOf } from "../children.js";
import type { Attrs, Binding, Expr, LegacyLet, Let, List, Node } from "../expr.js";
import { BINARY, clash, LEVEL, levelOf } from "../operators.js";
import { isNode, toNix, type NixInput } from "../to-nix.js";
import { sameMeaning } from "./compare.js";
import { fail, type EditError, type Edited, type NixFile, type Splice } from "./file.js";
import { rangeOf, sequenceOf } from "./find.js";
import { exprFragment, itemFragment, partFragment, textAt, type Fragment } from "./fragment.js";
import { insertElementBefore, insertElement, removeElement } from "./sequence.js";
import { splice } from "./splice.js";
import { indentation, styleOf, type Range, type Sequence } from "./text.js";
import type { Result } from "../result.js";

/** One change of {@link editFile}. Nodes are nodes of `file.expr`. */
export type FileEdit =
  /** Replaces an expression by another one, with parentheses if necessary. */
  | { readonly replace: Node; readonly by: NixInput }
  /** Inserts an item before an item of a list, or a binding before a binding. */
  | { readonly before: Node; readonly insert: NixInput | Binding }
  /** The same, after it. */
  | { readonly after: Node; readonly insert: NixInput | Binding }
  /** Removes an item of a list or a binding, with its comments. */
  | { readonly remove: Node }
  /** Replaces a range of text. */
  | (Range & { readonly text: string });

type Parent = Attrs | Let | LegacyLet | List;

/** A change as text; `node` has to be at `start` after the change. */
interface Change {
  readonly splices: readonly Splice[];
  readonly expected?: { readonly at: Splice; readonly skip: number; readonly node: Expr };
}

/**
 * Makes several changes in one step. All ranges and nodes refer to the file before the edit, so changes must not
 * overlap. An error if the result is not valid Nix, or if code outside the changes would mean something else.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 *
 * @example
 *
 * ```ts
 * import { editFile, int, nodesOf, openNix } from "@microvm-emit/nix-ast";
 *
 * const file = openNix("{ a = 0; b = [ 0 ]; }");
 * if (file._tag === "Right") {
 *   const zeros = nodesOf(file.right.expr).filter((node) => node.kind === "int");
 *   const edited = editFile(file.right, zeros.map((node) => ({ replace: node, by: int(1) })));
 *   if (edited._tag === "Right") console.log(edited.right.text);
 * }
 * ```
 *
 * ```nix
 * { a = 1; b = [ 1 ]; }
 * ```
 */
export const editFile = (file: NixFile, edits: readonly FileEdit[]): Edited => {
  const parents = parentsOf(file.expr);
  const changes: Change[] = [];
  for (const edit of edits) {
    const change = changeOf(file, edit, parents);
    if (change._tag === "Left") return change;
    changes.push(change.right);
  }
  const splices = changes.flatMap((one) => one.splices).toSorted((a, b) => a.start - b.start);
  const overlap = splices.find((one, i) => one.start < (splices[i - 1]?.end ?? 0));
  if (overlap) return fail("invalid", "two changes overlap here; make them one after the other", overlap);
  const edited = splice(file, splices);
  if (edited._tag === "Left") return edited;
  return confirm(edited, changes, splices);
};

/** Checks that replaced expressions have their new meaning. */
const confirm = (
  edited: Result<EditError, NixFile>,
  changes: readonly Change[],
  splices: readonly Splice[],
): Edited => {
  if (edited._tag === "Left" || changes.every(({ expected }) => expected === undefined)) return edited;
  const starts = new Map<Splice, number>();
  let shift = 0;
  for (const one of splices) {
    starts.set(one, one.start + shift);
    shift += one.text.length - (one.end - one.start);
  }
  const nodes = new Map<number, Node[]>();
  for (const node of nodesOf(edited.right.expr)) {
    const start = node.start ?? -1;
    const alike = nodes.get(start);
    if (alike) alike.push(node);
    else nodes.set(start, [node]);
  }
  for (const { expected } of changes) {
    if (expected === undefined) continue;
    const { at, skip, node } = expected;
    const found = nodes.get((starts.get(at) ?? 0) + skip) ?? [];
    if (found.some((one) => one.kind === node.kind && sameMeaning(one, node))) continue;
    return fail("unsafe", "the code would have another meaning in this place; change it by hand", at);
  }
  return edited;
};

/**
 * Replaces an expression of the file, with its parentheses. Variables in the value refer to the scope of the place.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 */
export const replaceNode = (file: NixFile, node: Node, value: NixInput): Edited =>
  editFile(file, [{ replace: node, by: value }]);

/**
 * Inserts an item before an item of a list, or a binding before a binding of a set or `let`.
 *
 * @throws {ToNixError} or RangeError for a value that {@link toNix} rejects.
 */
export const insertBefore = (file: NixFile, node: Node, added: NixInput | Binding): Edited =>
  editFile(file, [{ before: node, insert: added }]);

/** Removes an item of a list, or a binding, with the comments directly above and after it. */
export const removeNode = (file: NixFile, node: Node): Edited => editFile(file, [{ remove: node }]);

/** The parent of each node of a tree. */
const parentsOf = (root: Node): ReadonlyMap<Node, Node | undefined> => {
  const parents = new Map<Node, Node | undefined>([[root, undefined]]);
  for (const node of nodesOf(root)) for (const child of childrenOf(node)) parents.set(child, node);
  return parents;
};

const changeOf = (
  file: NixFile,
  edit: FileEdit,
  parents: ReadonlyMap<Node, Node | undefined>,
): Result<EditError, Change> => {
  if ("text" in edit) return done({ splices: [edit] });
  const node =
    "replace" in edit ? edit.replace : "before" in edit ? edit.before : "after" in edit ? edit.after : edit.remove;
  if (!parents.has(node)) return fail("invalid", "the node is not a node of this file; find it in `file.expr` again");
  const parent = parents.get(node);
  if ("replace" in edit) return replacement(file, node, parent, edit.by);
  if (
    parent === undefined ||
    !isParent(parent) ||
    (parent.kind === "list") === isBinding(node) ||
    !isMember(parent, node)
  ) {
    return fail("invalid", "the node is no item of a list and no binding", node);
  }
  const sequence = sequenceIn(file.text, parent);
  const index = parent.kind === "list" ? parent.items.indexOf(node as Expr) : parent.bindings.indexOf(node as Binding);
  if ("remove" in edit) {
    const cut = removeElement(file.text, sequence, index);
    return done({ splices: cut ? [cut] : [] });
  }
  const fragment = partOf(parent, edit.insert);
  if (fragment === undefined) {
    const message = parent.kind === "list" ? "a list contains no bindings" : "a set contains only bindings";
    return fail("invalid", `${message}; pass ${parent.kind === "list" ? "an expression" : "binding(…) or inherit(…)"}`);
  }
  if ("before" in edit) return done({ splices: insertElementBefore(file.text, sequence, index, fragment) });
  return done({ splices: insertElement(file.text, sequence, index, fragment, { spreadEmpty: true }) });
};

const done = (change: Change): Result<never, Change> => ({ _tag: "Right", right: change });

const isBinding = ({ kind }: Node): boolean => kind === "binding" || kind === "inherit";

const isParent = (node: Node): node is Parent =>
  node.kind === "list" || node.kind === "attrs" || node.kind === "let" || node.kind === "legacyLet";

const isMember = (parent: Parent, node: Node): boolean =>
  (parent.kind === "list" ? (parent.items as readonly Node[]) : parent.bindings).includes(node);

const sequenceIn = (text: string, parent: Parent): Sequence => {
  if (parent.kind !== "list") return sequenceOf(text, parent);
  const { start = 0, end = 0, items } = parent;
  return { open: start + 1, close: end - 1, elements: items.map(rangeOf) };
};

/** The text of an item or binding to insert; undefined if the parent cannot contain it. */
const partOf = (parent: Parent, added: NixInput | Binding): Fragment | undefined => {
  const binding = isNode(added) && (added.kind === "binding" || added.kind === "inherit") ? added : undefined;
  if (parent.kind === "list") return binding ? undefined : itemFragment(toNix(added));
  return binding && partFragment(binding);
};

const replacement = (
  file: NixFile,
  node: Node,
  parent: Node | undefined,
  value: NixInput,
): Result<EditError, Change> => {
  const most = parent === undefined ? LEVEL.greedy : levelIn(parent, node);
  if (most === undefined) return fail("invalid", `a node of kind ${node.kind} is not an expression`, node);
  const expr = toNix(value);
  const fragment = exprFragment(expr);
  const range = rangeOf(node as Expr);
  const clashes = parent?.kind === "binary" && clash(parent.operator, fragment.node);
  const level = levelOf(fragment.node);
  // A path before a dot or after a minus would continue with it.
  const continues = fragment.node.kind === "path" && (most === LEVEL.atom || parent?.kind === "unary");
  const grouped = level > most || clashes || continues;
  const text = textAt(fragment, indentation(file.text, range.start), styleOf(file.text));
  const at: Splice = { ...range, text: grouped ? `(${text})` : text };
  return done({ splices: [at], expected: { at, skip: grouped ? 1 : 0, node: fragment.node } });
};

/** The level of a place where every expression needs parentheses. */
const ALWAYS_GROUPED = -1;

/** The highest level at which a child needs no parentheses; undefined if the child is not an expression. */
const levelIn = (parent: Node, child: Node): number | undefined => {
  switch (parent.kind) {
    case "list":
      return LEVEL.select;
    case "call":
      return child === parent.function ? LEVEL.call : LEVEL.select;
    case "select":
      return child === parent.target ? LEVEL.atom : child === parent.or ? LEVEL.select : undefined;
    case "hasAttr":
      return child === parent.target ? LEVEL.negate : undefined;
    case "unary":
      return parent.operator === "-" ? LEVEL.negate : LEVEL.not;
    case "binary":
      return child === parent.left ? BINARY[parent.operator].left : BINARY[parent.operator].right;
    case "attrs":
    case "formals":
    case "legacyLet":
      return undefined;
    case "let":
    case "lambda":
      return child === parent.body ? LEVEL.greedy : undefined;
    case "binding":
      return child === parent.value ? LEVEL.greedy : undefined;
    case "inherit":
      // The parentheses of the source belong to the `inherit`.
      return child === parent.from ? ALWAYS_GROUPED : undefined;
    default:
      return LEVEL.greedy;
  }
};
