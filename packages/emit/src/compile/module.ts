import {
  attrs,
  type Binding,
  type Expr,
  formals,
  ident,
  inheritFrom,
  lambda,
  letIn,
  nameOf,
  nodesOf,
  select,
} from "@microvm-emit/nix-ast";

/** Arguments that a guest module can take, in the order of its argument list. */
const guestArguments = ["config", "inputs", "lib", "pkgs", "pkgsUnfree", "pkgsUnstable"];

/** A NixOS or home-manager module of a guest, with the arguments that its bindings use. */
export const moduleOf = (...bindings: readonly Binding[]): Expr =>
  asking(variablesIn(bindings), guestArguments, attrs(withoutFirstBlankLine(bindings)));

const withoutFirstBlankLine = ([first, ...rest]: readonly Binding[]): readonly Binding[] => {
  if (first === undefined) return [];
  const before = first.before?.filter(({ kind }, position) => position > 0 || kind !== "blankLine");
  return [{ ...first, ...(before === undefined ? {} : { before }) }, ...rest];
};

/** The NixOS module of a host: a function of the flake's inputs, so that other flakes can import it. */
export const hostModule = (bindings: readonly Binding[]): Expr => {
  const module = asking(variablesIn(bindings), hostArguments, attrs(bindings));
  return lambda(formals(["inputs"]), module);
};

/**
 * The NixOS module of a VM, with the arguments that it uses. The host imports it by its path, so it takes the inputs
 * from the host's options. An argument `inputs` would be the inputs of the flake that imports the host.
 *
 * @param given the bindings to search for arguments; the rest of the body takes its own arguments.
 */
export const vmModule = (given: readonly Binding[], body: readonly Binding[]): Expr => {
  const named = variablesIn(given);
  if (!named.has("inputs")) return asking(named, hostArguments, attrs(body));
  const inputs = inheritFrom(select(ident("config"), "microvm-emit", "specialArgs"), "inputs");
  return asking(new Set([...named, "config"]), hostArguments, letIn([inputs], attrs(body)));
};

const hostArguments = ["config", "lib", "pkgs"];

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
