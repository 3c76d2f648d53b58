import { attrs, type Binding, type Expr, formals, lambda, nameOf, nodesOf } from "@microvm-emit/nix-ast";

/** Arguments that a guest module can take, in the order of its argument list. */
const guestArguments = ["config", "inputs", "lib", "pkgs", "pkgsUnfree", "pkgsUnstable"];

/** A NixOS or home-manager module of a guest, with the arguments that its bindings use. */
export const moduleOf = (...bindings: readonly Binding[]): Expr =>
  asking(variablesIn(bindings), guestArguments, attrs(bindings));

export interface HostModule {
  readonly expr: Expr;
  /** True if `expr` is a function of the flake's inputs, so that other flakes can import the module. */
  readonly needsInputs: boolean;
}

/**
 * A NixOS module of a host, with the arguments that it uses.
 *
 * @param given the bindings to search for arguments; the rest of the body takes its own arguments.
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

/** All variables in the bindings, free or bound. */
const variablesIn = (bindings: readonly Binding[]): ReadonlySet<string> =>
  new Set(
    nodesOf(attrs(bindings)).flatMap((node) => {
      if (node.kind === "ident") return [node.name];
      return node.kind === "inherit" && node.from === undefined ? node.names.map(nameOf) : [];
    }),
  );
