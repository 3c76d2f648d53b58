import type { Expr } from "@microvm-emit/nix-ast";

/** A file of the output tree as a Nix expression, not yet text. */
export interface NixFile {
  readonly kind: "nix";
  /** Relative to the output directory, with `/`. */
  readonly path: string;
  readonly expr: Expr;
}

/** A file of the output tree as it will stand on disk. */
export interface TextFile {
  readonly kind: "text";
  /** Relative to the output directory, with `/`. */
  readonly path: string;
  readonly text: string;
}

export type OutputFile = NixFile | TextFile;
