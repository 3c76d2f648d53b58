/** Walks trees without recursion, so that their depth has no limit. */
import type { Expr, Node } from "./expr.js";
import { isNode } from "./nodes.js";

/** A node with its place in the tree. */
export interface NodePath<N extends Node = Node> {
  /** The node. */
  readonly node: N;
  /** The path of the parent; undefined at the root. */
  readonly parent: NodePath | undefined;
  /** The property of the parent; empty at the root. */
  readonly key: string;
  /** The index, if the property is an array. */
  readonly index: number | undefined;
}

/** A function of a {@link Visitor}. `"skip"` leaves out the descendants of the node, `"stop"` ends the walk. */
export type Visit<N extends Node = Node> = (path: NodePath<N>) => unknown;

/** Functions of {@link visit}: by kind of node, and for all nodes before (`enter`) and after (`leave`) their descendants. */
export type Visitor = {
  readonly [Kind in Node["kind"]]?: Visit<Extract<Node, { readonly kind: Kind }>>;
} & {
  /** Called for each node before its descendants, and before the function of its kind. */
  readonly enter?: Visit;
  /** Called for each node after its descendants. Only `"stop"` has an effect. */
  readonly leave?: Visit;
};

interface Frame {
  readonly path: NodePath;
  readonly children: readonly NodePath[];
  /** The number of children that are done. */
  done: number;
}

const childPaths = (parent: NodePath): readonly NodePath[] => {
  const found: NodePath[] = [];
  for (const [key, value] of Object.entries(parent.node) as [string, unknown][]) {
    if (isNode(value)) found.push({ node: value, parent, key, index: undefined });
    else if (Array.isArray(value)) {
      value.forEach((node: unknown, index) => {
        if (isNode(node)) found.push({ node, parent, key, index });
      });
    }
  }
  return found;
};

const rootPath = (node: Node): NodePath => ({ node, parent: undefined, key: "", index: undefined });

/**
 * Visits a node and all its descendants in order, with their parents. Names that are strings are not nodes.
 *
 * @example
 *
 * ```ts
 * import { keysOf, nix, visit } from "@microvm-emit/nix-ast";
 *
 * visit(nix`{ a = [ x y ]; b = y; }`, {
 *   ident: (path) => console.log(path.node.name, path.parent?.node.kind, keysOf(path).join(".")),
 * });
 * ```
 *
 * ```text
 * x list bindings.0.value.items.0
 * y list bindings.0.value.items.1
 * y binding bindings.1.value
 * ```
 */
export const visit = (root: Node, visitor: Visitor): void => {
  const stack: Frame[] = [];
  /** Returns true to end the walk. */
  const enter = (path: NodePath): boolean => {
    const own = visitor[path.node.kind] as Visit | undefined;
    const answers = [visitor.enter?.(path), own?.(path)];
    if (answers.includes("stop")) return true;
    stack.push({ path, children: answers.includes("skip") ? [] : childPaths(path), done: 0 });
    return false;
  };
  if (enter(rootPath(root))) return;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = frame.children[frame.done++];
    if (child === undefined) {
      stack.pop();
      if (visitor.leave?.(frame.path) === "stop") return;
    } else if (enter(child)) return;
  }
};

/** The properties and indexes from the root of the walk to a node. */
export const keysOf = (path: NodePath): readonly (string | number)[] => {
  const keys: (string | number)[] = [];
  for (let at = path; at.parent !== undefined; at = at.parent) {
    if (at.index !== undefined) keys.push(at.index);
    keys.push(at.key);
  }
  return keys.reverse();
};

/** Nodes that may stand in the same places; all other nodes are expressions. */
const CLASSES: Partial<Record<Node["kind"], string>> = {
  binding: "binding",
  inherit: "binding",
  identParam: "parameter",
  formals: "parameter",
  formal: "formal",
  interpolation: "interpolation",
  name: "name",
  dynamicName: "name",
};
const classOf = ({ kind }: Node): string => CLASSES[kind] ?? "expression";

/**
 * A copy of a tree with other nodes. The function gets each node after its descendants, and returns the node or a
 * replacement; `path` has the original node. Unchanged parts are shared with the original.
 *
 * @throws TypeError for a replacement that the place does not allow, such as a binding for an expression.
 *
 * @example
 *
 * ```ts
 * import { int, mapNodes, nix, print } from "@microvm-emit/nix-ast";
 *
 * const tree = nix`{ a = 1; b = [ 2 3 ]; }`;
 * console.log(print(mapNodes(tree, (node) => (node.kind === "int" ? int(node.value * 10n) : node))));
 * ```
 *
 * ```nix
 * {
 *   a = 10;
 *   b = [
 *     20
 *     30
 *   ];
 * }
 * ```
 */
export const mapNodes = (root: Expr, map: (node: Node, path: NodePath) => Node): Expr => {
  const start = (path: NodePath): Frame & { readonly results: Node[] } => ({
    path,
    children: childPaths(path),
    done: 0,
    results: [],
  });
  const stack = [start(rootPath(root))];
  for (;;) {
    const frame = stack.at(-1) as (typeof stack)[number];
    const child = frame.children[frame.done++];
    if (child !== undefined) {
      stack.push(start(child));
      continue;
    }
    const { path } = frame;
    const result = map(withChildren(path.node, frame.children, frame.results), path);
    if (classOf(result) !== classOf(path.node))
      throw new TypeError(`a node of kind ${result.kind} cannot replace a node of kind ${path.node.kind}`);
    stack.pop();
    const parent = stack.at(-1);
    if (parent === undefined) return result as Expr;
    parent.results.push(result);
  }
};

/** The node with other children; the node itself if none has changed. */
const withChildren = (node: Node, children: readonly NodePath[], now: readonly Node[]): Node => {
  let copy: Record<string, unknown> | undefined;
  children.forEach(({ node: before, key, index }, i) => {
    if (now[i] === before) return;
    copy ??= { ...node };
    if (index === undefined) copy[key] = now[i];
    else {
      // The array of the original node is copied once.
      if (copy[key] === node[key as keyof Node]) copy[key] = [...(copy[key] as readonly unknown[])];
      (copy[key] as unknown[])[index] = now[i];
    }
  });
  return (copy as Node | undefined) ?? node;
};
