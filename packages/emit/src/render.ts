import { print } from "@microvm-emit/nix-ast";
import type { OutputFile, TextFile } from "./output-file.js";

/** The files as they will stand on disk. */
export const render = (files: readonly OutputFile[]): readonly TextFile[] =>
  files.map((file) => (file.kind === "text" ? file : { kind: "text", path: file.path, text: print(file.expr) }));
