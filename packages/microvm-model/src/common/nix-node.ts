import type { Expr } from "@microvm-emit/nix-ast";

/** True for a node of nix-ast. The registered symbol marks nodes, so that the model need not load that package. */
export const isNode = (value: object): value is Expr => Symbol.for("@microvm-emit/nix-ast/node") in value;
