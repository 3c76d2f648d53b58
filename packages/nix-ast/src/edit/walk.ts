import type { Expr, Node } from "../expr.js";
import { isNode } from "../to-nix.js";
import type { Range } from "./text.js";

/** A node with its place, where it has one. */
export type Placed = Node & Partial<Range>;

/** The nodes right below a node, in order. */
export const childrenOf = (node: Node): readonly Placed[] => {
  const found: Placed[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (typeof value !== "object" || value === null) continue;
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item);
    }
  }
  return found;
};

/** A node and all below it, each before those in it. */
export const nodesOf = (root: Node): readonly Placed[] => {
  const found: Placed[] = [];
  const stack: Placed[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    found.push(node);
    const children = childrenOf(node);
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as Placed);
  }
  return found;
};

/** The innermost expression of a kind that begins at an offset. */
export const nodeAt = <Kind extends Expr["kind"]>(
  root: Expr,
  kind: Kind,
  at: number,
): Extract<Expr, { kind: Kind }> | undefined => {
  let found: Node | undefined;
  const stack: Placed[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.start !== undefined && node.end !== undefined && (at < node.start || node.end <= at)) continue;
    if (node.kind === kind && node.start === at) found = node;
    for (const child of childrenOf(node)) stack.push(child);
  }
  return found as Extract<Expr, { kind: Kind }> | undefined;
};
