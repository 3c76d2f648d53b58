import type { Rule } from "./rule.js";
import type { Expr, Node } from "@microvm-emit/nix-ast";
import { problem } from "../problems/problem.js";

/**
 * A module configures a package set that is made already
 *
 * By default a guest takes over the host's package set, and NixOS refuses `nixpkgs.config` beside a set that is made
 * already. With pkgs: null the guest makes one of its own, which its modules may configure; that costs an evaluation of
 * nixpkgs more (microvm.nix#218).
 *
 * ## Fails
 *
 * ```ts vm
 * { modules: [ast.attrs({ nixpkgs: { config: { allowUnfree: true } } })] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { pkgs: null, modules: [ast.attrs({ nixpkgs: { config: { allowUnfree: true } } })] }
 * ```
 */
const nixpkgsConfigWithSet = problem("nixpkgs-config-with-set", "error");

/** A guest that takes over the host's package set cannot configure it: NixOS's assertion, and microvm.nix#218. */
export const check: Rule = (host) =>
  host.vms
    .filter(({ guest: { pkgs } }) => pkgs !== null)
    .flatMap(({ path, guest: { modules } }) =>
      modules.flatMap((module, position) =>
        module.kind === "nix" && sets(module.expr, ["nixpkgs", "config"])
          ? [
              nixpkgsConfigWithSet(
                [...path, "modules", position],
                "This module sets `nixpkgs.config`, and the guest's package set is made already",
                "Set the VM's pkgs: null, which gives it a set of its own.",
              ),
            ]
          : [],
      ),
    );

/** Whether a module written as Nix sets an option or a part of it, as far as its text says so. */
const sets = (expr: Expr, [name, ...rest]: readonly string[]): boolean => {
  if (name === undefined) return true;
  switch (expr.kind) {
    case "lambda":
    case "let":
    case "with":
      return sets(expr.body, [name, ...rest]);
    case "attrs":
      return expr.bindings.some((binding) => binding.kind === "binding" && entered(binding, [name, ...rest]));
    default:
      return false;
  }
};

const entered = ({ path, value }: Node & { readonly kind: "binding" }, option: readonly string[]): boolean => {
  const names = path.map((part) => (typeof part === "string" ? part : part.kind === "name" ? part.name : ""));
  return (
    names.every((name, position) => position >= option.length || name === option[position]) &&
    sets(value, option.slice(names.length))
  );
};
