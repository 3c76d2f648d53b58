import { attrs, type Binding, type Expr, formals, lambda, letIn } from "@microvm-emit/nix-ast";

/** What a module may be handed, in the order in which it asks; package sets come from the host's file. */
const moduleArguments = ["config", "inputs", "lib", "pkgs", "pkgsUnfree", "pkgsUnstable"];

/** A NixOS or home-manager module: its bindings, behind exactly the arguments that they name. */
export const moduleOf = (...bindings: readonly Binding[]): Expr => asking(attrs(bindings), moduleArguments);

/** A module with local definitions, whose `inputs` are in scope already. */
export const moduleWithin = (definitions: readonly Binding[], ...bindings: readonly Binding[]): Expr =>
  asking(definitions.length === 0 ? attrs(bindings) : letIn(definitions, attrs(bindings)), ["config", "lib", "pkgs"]);

const asking = (body: Expr, available: readonly string[]): Expr => {
  const named = variablesIn(body);
  const asked = available.filter((argument) => named.has(argument));
  return asked.length === 0 ? body : lambda(formals(asked, { ellipsis: true }), body);
};

/** Every variable that an expression names, bound in it or not. */
const variablesIn = (root: Expr): ReadonlySet<string> => {
  const found = new Set<string>();
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const node = value as { readonly kind?: unknown; readonly name?: string; readonly names?: readonly string[] };
    if (node.kind === "ident" && node.name !== undefined) found.add(node.name);
    if (node.kind === "inherit" && !("from" in node)) for (const name of node.names ?? []) found.add(name);
    for (const part of Object.values(value)) if (typeof part === "object") waiting.push(part);
  }
  return found;
};
