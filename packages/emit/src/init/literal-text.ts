import type { Expr } from "@microvm-emit/nix-ast";

/** The text of a string without interpolation; undefined for other expressions. */
export const literalText = (value: Expr | undefined): string | undefined =>
  value?.kind === "str" && value.parts.every((part) => typeof part === "string") ? value.parts.join("") : undefined;
