import * as ast from "@microvm-emit/nix-ast";

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
export { ast };
export type { AnyFile, NixFile, OutputFile, TextFile } from "./output-file.js";
export { compile, type Emission, emit, type EmitOptions, plan, type PlannedConfig, resolveConfig } from "./emit.js";
export { comparePlans } from "./compare/compare-plans.js";
export type { Access, Applies, Change, Comparison, HostChange, VmChange, VmPlace } from "./compare/comparison.js";
export { render } from "./render.js";
