/** Scopes of variables. */
import type { Binding, Node } from "../expr.js";
import { nameOf, staticName } from "../names.js";

import { childrenOf } from "../children.js";

const binds = (bindings: readonly Binding[], name: string): boolean =>
  bindings.some((binding) =>
    binding.kind === "inherit"
      ? binding.names.some((one) => nameOf(one) === name)
      : staticName(binding.path[0]) === name,
  );

/** `inherit name;`, which uses the variable of the outer scope, even in a recursive set. */
const inheriting = (bindings: readonly Binding[], name: string): Binding | undefined =>
  bindings.find((one) => one.kind === "inherit" && one.from === undefined && binds([one], name));

/** A use of a variable; `inWith`: a `with` around it may define the variable. */
export interface Use {
  readonly node: Node;
  readonly inWith: boolean;
}

/** The free uses of a variable in these nodes. */
export const usesOf = (name: string, roots: readonly Node[]): readonly Use[] => {
  const uses: Use[] = [];
  const stack: Use[] = roots.map((node) => ({ node, inWith: false }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, inWith } = next;
    const enter = (nodes: readonly Node[]): void => {
      for (const one of nodes) stack.push({ node: one, inWith });
    };
    switch (node.kind) {
      case "ident":
        if (node.name === name) uses.push(next);
        break;
      case "inherit":
        if (inheriting([node], name)) uses.push(next);
        enter(childrenOf(node));
        break;
      case "with":
        enter([node.scope]);
        stack.push({ node: node.body, inWith: true });
        break;
      case "lambda": {
        const { param } = node;
        const names =
          param.kind === "identParam" ? [param.name] : [...param.formals.map((one) => one.name), param.as?.name];
        if (!names.includes(name)) enter(childrenOf(node));
        break;
      }
      case "let":
      case "legacyLet":
      case "attrs": {
        if ((node.kind === "attrs" && !node.recursive) || !binds(node.bindings, name)) enter(childrenOf(node));
        else {
          const inherit = inheriting(node.bindings, name);
          if (inherit) uses.push({ node: inherit, inWith });
        }
        break;
      }
      default:
        enter(childrenOf(node));
    }
  }
  return uses;
};
