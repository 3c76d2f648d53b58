import type { Expr, Node } from "@microvm-emit/nix-ast";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A guest that takes over the host's package set cannot configure it: NixOS's assertion, and microvm.nix#218. */
export const nixpkgsConfigWithSet = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter(({ guest: { pkgs } }) => pkgs !== null)
    .flatMap(({ path, guest: { modules } }) =>
      modules.flatMap((module, position) =>
        module.kind === "nix" && sets(module.expr, ["nixpkgs", "config"])
          ? [
              error(
                "nixpkgs-config-with-set",
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
