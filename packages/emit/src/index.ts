export type * from "@microvm-emit/model";
export {
  agents,
  defineConfig,
  emacs,
  extend,
  formatPath,
  fromInput,
  replace,
  toolchains,
  unset,
  zsh,
} from "@microvm-emit/model";
export * from "./functions.js";
export * as ast from "@microvm-emit/nix-ast";
export type { NixFile, OutputFile, TextFile } from "./output-file.js";
export { type Emission, emit, type EmitOptions, resolveConfig } from "./emit.js";
export { render } from "./render.js";
