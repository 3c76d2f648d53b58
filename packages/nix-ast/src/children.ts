import type { Node } from "./expr.js";
import { isNode } from "./nodes.js";

/** The direct child nodes in order. Names that are strings are not nodes. */
export const childrenOf = (node: Node): readonly Node[] => {
  const found: Node[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (typeof value !== "object" || value === null) continue;
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item);
    }
  }
  return found;
};

/** A node and all its descendants, parents first. */
export const nodesOf = (root: Node): readonly Node[] => {
  const found: Node[] = [];
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    found.push(node);
    const children = childrenOf(node);
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as Node);
  }
  return found;
};
