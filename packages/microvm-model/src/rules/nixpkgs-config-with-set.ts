import type { Rule } from "./rule.js";
import type { Expr, Node } from "@microvm-emit/nix-ast";
import { problem } from "../problems/problem.js";

/**
 * nixpkgs.config has no effect
 *
 * By default a guest uses the host's package set, and NixOS refuses `nixpkgs.config` together with an existing set. With
 * `pkgs: null`, the guest creates its own set, which modules can configure. This costs one more evaluation of nixpkgs
 * (microvm.nix#218).
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

export const check: Rule = (host) =>
  host.vms
    .filter(({ guest: { pkgs } }) => pkgs !== null)
    .flatMap(({ path, guest: { modules } }) =>
      modules.flatMap((module, position) =>
        module.kind === "nix" && sets(module.expr, ["nixpkgs", "config"])
          ? [
              nixpkgsConfigWithSet(
                [...path, "modules", position],
                "The module sets `nixpkgs.config`, but the guest uses an existing package set",
                "Set `pkgs: null` on the VM to create its own package set.",
              ),
            ]
          : [],
      ),
    );

/** True if the text of a Nix module sets an option or a part of it. */
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
