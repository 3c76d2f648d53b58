import { print } from "@microvm-emit/nix-ast";
import type { OutputFile, TextFile } from "./output-file.js";

/** Prints all files as text. */
export const render = (files: readonly OutputFile[]): readonly TextFile[] =>
  files.map((file) => (file.kind === "text" ? file : { kind: "text", path: file.path, text: print(file.expr) }));
