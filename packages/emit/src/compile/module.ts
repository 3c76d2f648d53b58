import { attrs, type Binding, type Expr, formals, lambda, nameOf, nodesOf } from "@microvm-emit/nix-ast";

/** What a module of a guest may be handed, in the order in which it asks. */
const guestArguments = ["config", "inputs", "lib", "pkgs", "pkgsUnfree", "pkgsUnstable"];

/** A NixOS or home-manager module of a guest: its bindings, behind the arguments that they name. */
export const moduleOf = (...bindings: readonly Binding[]): Expr =>
  asking(variablesIn(bindings), guestArguments, attrs(bindings));

/** A NixOS module of a host. */
export interface HostModule {
  readonly expr: Expr;
  /** Whether it names the flake's inputs: it is a function of them then, so that other flakes can import it. */
  readonly needsInputs: boolean;
}

/**
 * A NixOS module of a host, behind the arguments that it names.
 *
 * @param given what may name arguments; the rest has arguments of its own.
 */
export const hostModule = (given: readonly Binding[], body: readonly Binding[]): HostModule => {
  const named = variablesIn(given);
  const module = asking(named, ["config", "lib", "pkgs"], attrs(body));
  const needsInputs = named.has("inputs");
  return { needsInputs, expr: needsInputs ? lambda(formals(["inputs"]), module) : module };
};

const asking = (named: ReadonlySet<string>, available: readonly string[], body: Expr): Expr => {
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
