import type { Expr } from "@microvm-emit/nix-ast";
import type { Model } from "../config/config.js";
import type { ConfigPath } from "../problems/problem.js";

/** A module by path from the config file, by an input's attribute, or as Nix. */
export type ModulePlan =
  | { readonly kind: "path"; readonly path: string; readonly at: ConfigPath }
  | { readonly kind: "input"; readonly input: string; readonly attribute: readonly [string, ...string[]] }
  | { readonly kind: "nix"; readonly expr: Expr };

/** A package below `pkgs`, or as Nix. */
export type PackagePlan =
  | { readonly kind: "attribute"; readonly attribute: readonly [string, ...string[]] }
  | { readonly kind: "nix"; readonly expr: Expr };

/** A module in the config. */
export type Module = Model["hosts"][string]["modules"][number];

export const splitAttribute = (text: string): [string, ...string[]] => {
  const [first = "", ...rest] = text.split(".");
  return [first, ...rest];
};

/** Parses a module of the config. */
export const planModule = (module: Module, at: ConfigPath): ModulePlan => {
  if (typeof module !== "string") return { kind: "nix", expr: module };
  if (module.startsWith(".")) return { kind: "path", path: module, at };
  const [input, attribute] = splitReference(module);
  return { kind: "input", input, attribute };
};

/** Splits `input.a.b` into the name of the input and the attribute path. */
export const splitReference = (text: string): readonly [string, readonly [string, ...string[]]] => {
  const [input = "", attribute = "", ...rest] = text.split(".");
  return [input, [attribute, ...rest]];
};

/** Parses a package of the config. */
export const planPackage = (reference: string | Expr): PackagePlan =>
  typeof reference === "string"
    ? { kind: "attribute", attribute: splitAttribute(reference) }
    : { kind: "nix", expr: reference };
