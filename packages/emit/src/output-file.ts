import type { Expr } from "@microvm-emit/nix-ast";

/** Properties of every file of the flake. */
export interface AnyFile {
  /** Relative to the output directory, with `/`. */
  readonly path: string;
  /** True if the file does not depend on the config. */
  readonly isFixed?: true;
}

/** An output file as a Nix expression. */
export interface NixFile extends AnyFile {
  readonly kind: "nix";
  /** The content, which `render` prints. */
  readonly expr: Expr;
}

/** An output file as text. */
export interface TextFile extends AnyFile {
  readonly kind: "text";
  /** The content. */
  readonly text: string;
}

/** A file of the flake. */
export type OutputFile = NixFile | TextFile;
