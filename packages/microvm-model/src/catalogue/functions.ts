// Written by `npm run generate` from the tables of agents and toolchains.
import { agentFunction } from "./agents.js";
import type { Toolchain } from "./toolchain.js";
import { toolchains } from "./toolchains.js";

/** Anthropic's Claude Code, unfree. */
export const claudeCode = agentFunction("claude-code");

/** OpenAI's Codex CLI. */
export const codex = agentFunction("codex");

/** Google's Gemini CLI; removed from nixpkgs-unstable in August 2026. Its successor is `antigravityCli`. */
export const geminiCli = agentFunction("gemini-cli");

/** Google's Antigravity CLI, unfree. */
export const antigravityCli = agentFunction("antigravity-cli");

/** opencode, with any model provider. */
export const opencode = agentFunction("opencode");

/** Aider, with any model provider; it still asks before it runs shell commands. */
export const aider = agentFunction("aider");

/** Goose, with any model provider. */
export const goose = agentFunction("goose");

/** Charm's Crush, unfree for its first two years, with any model provider. */
export const crush = agentFunction("crush");

/** Sourcegraph's Amp, unfree. */
export const amp = agentFunction("amp");

/** Alibaba's Qwen Code. */
export const qwenCode = agentFunction("qwen-code");

/** GitHub Copilot CLI, unfree. */
export const copilotCli = agentFunction("copilot-cli");

/** Pi, with any model provider. */
export const piCodingAgent = agentFunction("pi-coding-agent");

/** Mistral's Vibe CLI. */
export const mistralVibe = agentFunction("mistral-vibe");

/** AWS's Kiro CLI, unfree. */
export const kiroCli = agentFunction("kiro-cli");

/** Go with its language server and debugger, and gcc for cgo. `go install` installs to the PATH. */
export const go = (): Toolchain => toolchains["go"];

/** Rust with Cargo, Clippy, rustfmt and its language server, and gcc as linker. `cargo install` installs to the PATH. */
export const rust = (): Toolchain => toolchains["rust"];

/** Node.js with npm, pnpm and TypeScript's language server. `npm install --global` installs to the PATH. */
export const node = (): Toolchain => toolchains["node"];

/** Python with uv, Ruff and Pyright. `uv tool install` installs to the PATH; uv uses the installed interpreter. */
export const python = (): Toolchain => toolchains["python"];

/** A JDK with Maven, Gradle and a language server. */
export const java = (): Toolchain => toolchains["java"];

/** C and C++: gcc, clangd, CMake, Ninja, Make, pkg-config and gdb. */
export const cpp = (): Toolchain => toolchains["cpp"];

/** Zig with its language server. */
export const zig = (): Toolchain => toolchains["zig"];

/** Haskell: GHC, Cabal, Stack and the language server. `cabal install` and `stack install` install to the PATH. */
export const haskell = (): Toolchain => toolchains["haskell"];

/** OCaml with opam, Dune, findlib, the language server and ocamlformat, and a C compiler for stubs. */
export const ocaml = (): Toolchain => toolchains["ocaml"];

/** Elixir and Erlang with a language server. `mix escript.install` installs to the PATH. */
export const elixir = (): Toolchain => toolchains["elixir"];

/** Ruby with Bundler and a language server, and a C compiler for native gems. `gem install` installs to the PATH. */
export const ruby = (): Toolchain => toolchains["ruby"];

/** PHP with Composer and a language server. `composer global require` installs to the PATH. */
export const php = (): Toolchain => toolchains["php"];

/** The protocol buffer compiler. */
export const protobuf = (): Toolchain => toolchains["protobuf"];

/** Tools for Nix code: a language server, formatter and linter. */
export const nix = (): Toolchain => toolchains["nix"];

/** OpenTofu with a linter and language server. */
export const opentofu = (): Toolchain => toolchains["opentofu"];

/** Clients of Kubernetes: kubectl, Helm and k9s. */
export const kubernetes = (): Toolchain => toolchains["kubernetes"];

/** PostgreSQL, client and server, for tests: after `initdb`, `pg_ctl start -o "-k /tmp"` starts a server of the user, and `psql postgres` connects to it. */
export const postgresql = (): Toolchain => toolchains["postgresql"];
