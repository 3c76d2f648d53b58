import type { Node } from "../expr.js";
import { isNode } from "../to-nix.js";
import type { Range } from "./text.js";

/** The nodes right below a node, in order. */
export const childrenOf = (node: Node): readonly Node[] =>
  Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode);

/** A node and all below it, each before those in it, with its place where it has one. */
export const nodesOf = (root: Node): readonly (Node & Partial<Range>)[] => {
  const found: Node[] = [];
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    found.push(node);
    for (const child of childrenOf(node).toReversed()) stack.push(child);
  }
  return found;
};
