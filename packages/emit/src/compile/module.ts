import { attrs, type Binding, type Expr, formals, lambda, letIn, nameOf, nodesOf } from "@microvm-emit/nix-ast";

/** What a module may be handed, in the order in which it asks; package sets come from the host's file. */
const moduleArguments = ["config", "hostUser", "inputs", "lib", "pkgs", "pkgsUnfree", "pkgsUnstable"];

/** A NixOS or home-manager module: its bindings, behind exactly the arguments that they name. */
export const moduleOf = (...bindings: readonly Binding[]): Expr => moduleWith([], ...bindings);

/** A module with local definitions. */
export const moduleWith = (definitions: readonly Binding[], ...bindings: readonly Binding[]): Expr =>
  asking(within(definitions, bindings), moduleArguments);

/** A module with local definitions, whose `inputs` are in scope already. */
export const moduleWithin = (definitions: readonly Binding[], ...bindings: readonly Binding[]): Expr =>
  asking(within(definitions, bindings), ["config", "lib", "pkgs"]);

const within = (definitions: readonly Binding[], bindings: readonly Binding[]): Expr =>
  definitions.length === 0 ? attrs(bindings) : letIn(definitions, attrs(bindings));

const asking = (body: Expr, available: readonly string[]): Expr => {
  const named = variablesIn(body);
  const asked = available.filter((argument) => named.has(argument));
  return asked.length === 0 ? body : lambda(formals(asked, { ellipsis: true }), body);
};

/** Every variable that an expression names, bound in it or not. */
const variablesIn = (root: Expr): ReadonlySet<string> =>
  new Set(
    nodesOf(root).flatMap((node) => {
      if (node.kind === "ident") return [node.name];
      return node.kind === "inherit" && node.from === undefined ? node.names.map(nameOf) : [];
    }),
  );
