export {
  type Agent,
  type AgentName,
  claudeCode,
  type Config,
  type ConfigPath,
  defineConfig,
  emacs,
  formatPath,
  fromInput,
  go,
  type Home,
  type Host,
  type InputFile,
  type Lock,
  type Plan,
  type Problem,
  protobuf,
  type Toolchain,
  type ToolchainName,
  type Vm,
  zsh,
} from "@microvm-emit/model";
export * as ast from "@microvm-emit/nix-ast";
export type { NixFile, OutputFile, TextFile } from "./file.js";
export { type Emission, emit, type EmitOptions } from "./pipeline.js";
export { render } from "./render.js";
