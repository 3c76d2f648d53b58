/** Scopes of variables: unused bindings, free variables, and renaming. */
import type { Annotated, Expr } from "../expr.js";
import {
  analyze,
  countsAsUsed,
  type MutableVariable,
  type Owner,
  type Reference,
  type Scope,
  type Variable,
} from "./analysis.js";

export type * from "../expr.js";
export type { Left, Result, Right } from "../result.js";
export type { Declaration, Reference, Resolution, Scope, Variable } from "./analysis.js";
export { rename } from "./rename.js";
export type { RenameError, RenameErrorKind } from "./rename.js";

/** The scopes of a tree, and the names that it uses. */
export interface Scopes {
  /** All scopes, outer ones first. */
  readonly scopes: readonly Scope[];
  /** All variables, in order of their declarations. */
  readonly variables: readonly Variable[];
  /** All uses of names, in order. */
  readonly references: readonly Reference[];
}

/**
 * Resolves every name of a tree as Nix does: to a variable, to a global name, or possibly to an attribute of a `with`.
 * Several definitions that Nix merges to one set have one scope.
 *
 * @example
 *
 * ```ts
 * import { nix } from "@microvm-emit/nix-ast";
 * import { scopesOf } from "@microvm-emit/nix-ast/scopes";
 *
 * const { references } = scopesOf(nix`{ pkgs, ... }: with pkgs; [ git (toString pkgs.path) ]`);
 * for (const { name, kind } of references) console.log(name, kind);
 * ```
 *
 * ```text
 * pkgs variable
 * git with
 * toString global
 * pkgs variable
 * ```
 */
export const scopesOf = (expr: Expr): Scopes => {
  const { scopes, variables, references } = analyze(expr);
  return { scopes, variables, references };
};

/**
 * The names that are undefined in a tree, without duplicates and in order. A name in the body of a `with` is not among
 * them, because the set may define it.
 *
 * @example
 *
 * ```ts
 * import { nix } from "@microvm-emit/nix-ast";
 * import { freeVariables } from "@microvm-emit/nix-ast/scopes";
 *
 * console.log(freeVariables(nix`let a = b; in a + c + builtins.length d`).join(" "));
 * ```
 *
 * ```text
 * b c d
 * ```
 */
export const freeVariables = (expr: Expr): readonly string[] => [
  ...new Set(analyze(expr).references.flatMap(({ kind, name }) => (kind === "free" ? [name] : []))),
];

/**
 * The variables that nothing uses, by the rules of deadnix: variables of `let`, arguments of functions, and names of
 * `{ … }:` and `@`. A variable that only unused variables use is unused too. Attributes of sets, names that start with
 * `_`, and declarations below a comment `deadnix: skip` count as used.
 *
 * @example
 *
 * ```ts
 * import { nix } from "@microvm-emit/nix-ast";
 * import { unusedBindings } from "@microvm-emit/nix-ast/scopes";
 *
 * const module = nix`{ config, lib, ... }: let port = 80; url = port; in { a = config.b; }`;
 * for (const { name, scope } of unusedBindings(module)) console.log(scope.node.kind, name);
 * ```
 *
 * ```text
 * lambda lib
 * let port
 * let url
 * ```
 */
export const unusedBindings = (expr: Expr): readonly Variable[] => {
  const { root, variables } = analyze(expr);
  const used = new Set<Variable>();
  /** Marks the variables of scopes below a depth that the code of these owners uses. */
  const mark = (owners: readonly Owner[], depth: number): void => {
    const seen = new Set<Owner>();
    const waiting = [...owners];
    for (let owner = waiting.pop(); owner !== undefined; owner = waiting.pop()) {
      if (seen.has(owner)) continue;
      seen.add(owner);
      for (const reference of owner.references) {
        if (reference.kind !== "variable") continue;
        const variable = reference.variable as MutableVariable;
        if (variable.scope.depth <= depth || used.has(variable)) continue;
        used.add(variable);
        waiting.push(...variable.owners);
      }
    }
  };
  mark([root], -1);
  for (const variable of variables.filter(isSkipped)) {
    used.add(variable);
    mark(variable.owners, -1);
  }
  return variables.filter((variable) => {
    if (countsAsUsed(variable) || used.has(variable)) return false;
    // The code of an unused variable is judged by itself.
    mark(variable.owners, variable.scope.depth);
    return true;
  });
};

const isSkipped = ({ declarations }: Variable): boolean => declarations.some(hasSkip);

const hasSkip = ({ before }: Annotated): boolean =>
  before?.some((one) => one.kind === "lineComment" && one.text.includes("deadnix: skip")) === true;
