export {
  type AgentName,
  type AgentOptions,
  agents,
  aider,
  amp,
  claudeCode,
  codex,
  copilotCli,
  crush,
  geminiCli,
  goose,
  opencode,
  qwenCode,
} from "./agents.js";
export { defineConfig } from "./config.js";
export type * from "./config-types.js";
export { emacs, fromInput, zsh } from "./home.js";
export { type HypervisorName, hypervisors } from "./hypervisors.js";
export { emptyLock, type Lock, lockSchema } from "./lock.js";
export type * from "./plan.js";
export { planConfig } from "./plan-config.js";
export { type ConfigPath, formatPath, type Problem, type RelatedPlace } from "./problem.js";
export type { Resolution } from "./resolve.js";
export { formatAddress } from "./resolve/subnet.js";
export {
  cpp,
  elixir,
  go,
  haskell,
  java,
  kubernetes,
  nix,
  node,
  ocaml,
  opentofu,
  php,
  postgresql,
  protobuf,
  python,
  ruby,
  rust,
  type ToolchainName,
  toolchains,
  zig,
} from "./toolchains.js";
