import { attrs, type Binding, type Expr, formals, lambda, nameOf, nodesOf } from "@microvm-emit/nix-ast";

/** What a module of a guest may be handed, in the order in which it asks. */
const guestArguments = ["config", "inputs", "lib", "pkgs", "pkgsUnfree", "pkgsUnstable"];

/** A NixOS or home-manager module of a guest: its bindings, behind the arguments that they name. */
export const moduleOf = (...bindings: readonly Binding[]): Expr => asking(bindings, guestArguments, attrs(bindings));

/**
 * A NixOS module of a host. One that names the flake's inputs is a function of them, so that other flakes can import it; see
 * {@link needsInputs}.
 *
 * @param given what may name arguments; the rest has arguments of its own.
 */
export const hostModule = (given: readonly Binding[], body: readonly Binding[]): Expr => {
  const module = asking(given, ["config", "lib", "pkgs"], attrs(body));
  return needsInputs(given) ? lambda(formals(["inputs"]), module) : module;
};

/** Whether bindings name the inputs of the flake. */
export const needsInputs = (bindings: readonly Binding[]): boolean => variablesIn(bindings).has("inputs");

const asking = (given: readonly Binding[], available: readonly string[], body: Expr): Expr => {
  const named = variablesIn(given);
  const asked = available.filter((argument) => named.has(argument));
  return asked.length === 0 ? body : lambda(formals(asked, { ellipsis: true }), body);
};

/** Every variable that bindings name, bound in them or not. */
const variablesIn = (bindings: readonly Binding[]): ReadonlySet<string> =>
  new Set(
    nodesOf(attrs(bindings)).flatMap((node) => {
      if (node.kind === "ident") return [node.name];
      return node.kind === "inherit" && node.from === undefined ? node.names.map(nameOf) : [];
    }),
  );
