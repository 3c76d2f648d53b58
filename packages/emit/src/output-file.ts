import type { Expr } from "@microvm-emit/nix-ast";

interface AnyFile {
  /** Relative to the output directory, with `/`. */
  readonly path: string;
  /** Whether it is the same whatever the config says. */
  readonly isFixed?: true;
}

/** A file of the output tree as a Nix expression, not yet text. */
export interface NixFile extends AnyFile {
  readonly kind: "nix";
  readonly expr: Expr;
}

/** A file of the output tree as it will stand on disk. */
export interface TextFile extends AnyFile {
  readonly kind: "text";
  readonly text: string;
}

export type OutputFile = NixFile | TextFile;
