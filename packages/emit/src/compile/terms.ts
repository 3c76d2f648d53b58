import type { ConfigPath, InputFile, ModulePlan, PackagePlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  call,
  type Expr,
  ident,
  interp,
  list,
  type NixInput,
  type Node,
  path,
  select,
  str,
  withOrigin,
} from "@microvm-emit/nix-ast";
import { match } from "ts-pattern";
import type { Depth, Relocate } from "./locations.js";

/** Attaches the config path to a node, so that `check` can report Nix errors at this path. */
export const at = <T extends Node>(origin: ConfigPath, node: T): T => withOrigin(node, origin);

/** `name = value;`, attached to its config path. */
export const bindingAt = (origin: ConfigPath, name: Parameters<typeof binding>[0], value: NixInput): Binding =>
  at(origin, binding(name, value));

/** `name = { … };`, attached to its config path; a set with one binding becomes `name.attribute = …;`. */
export const setAt = (origin: ConfigPath, name: string, bindings: readonly Binding[]): Binding => {
  const [only, ...others] = bindings;
  return only?.kind === "binding" && others.length === 0
    ? { ...only, path: [name, ...only.path] }
    : bindingAt(origin, name, attrs(bindings));
};

/** `setAt`, or no binding for an empty set. */
export const setsAt = (origin: ConfigPath, name: string, bindings: readonly Binding[]): readonly Binding[] =>
  bindings.length === 0 ? [] : [setAt(origin, name, bindings)];

/** `inputs.NAME`, or an attribute below it. */
export const input = (name: string, ...attribute: readonly string[]): Expr =>
  select(ident("inputs"), name, ...attribute);

/** `lib.NAME argument`. */
export const lib = (name: string, argument: NixInput, ...more: NixInput[]): Expr =>
  call(select(ident("lib"), name), argument, ...more);

/** `"${inputs.NAME}/path"`. */
export const inputFile = ({ input: name, path: inside }: InputFile): Expr => str(interp(input(name)), `/${inside}`);

/** A package from the package set `from`. */
export const packageFrom = (from: string, plan: PackagePlan): Expr =>
  plan.kind === "attribute" ? select(ident(from), ...plan.attribute) : plan.expr;

/** A list of packages from `pkgs`. */
export const packages = (plans: readonly PackagePlan[]): Expr => list(plans.map((plan) => packageFrom("pkgs", plan)));

/** An element of `imports`, in a file `depth` folders below the output directory. */
export const importModule = (module: ModulePlan, relocate: Relocate, depth: Depth, origin: ConfigPath): Expr =>
  at(origin, moduleExpr(module, relocate, depth));

const moduleExpr = (module: ModulePlan, relocate: Relocate, depth: Depth): Expr =>
  match(module)
    .with({ kind: "path" }, ({ path: written }) => path(relocate(written, depth)))
    .with({ kind: "input" }, ({ input: name, attribute }) => input(name, ...attribute))
    .with({ kind: "nix" }, ({ expr }) => expr)
    .exhaustive();
