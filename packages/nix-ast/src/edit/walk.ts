import { childrenOf } from "../children.js";
import type { Expr, Node } from "../expr.js";

/** The innermost expression of a kind that begins at an offset. */
export const blockAt = <Kind extends Expr["kind"]>(
  root: Expr,
  kind: Kind,
  at: number,
): Extract<Expr, { kind: Kind }> | undefined => {
  let found: Node | undefined;
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.start !== undefined && node.end !== undefined && (at < node.start || node.end <= at)) continue;
    if (node.kind === kind && node.start === at) found = node;
    for (const child of childrenOf(node)) stack.push(child);
  }
  return found as Extract<Expr, { kind: Kind }> | undefined;
};
