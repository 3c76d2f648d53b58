# Names that exist in nixpkgs, with their exceptions.
{ lib, withPackages }:
let
  words = text: lib.filter (n: n != "") (lib.splitString " " (lib.replaceString "\n" " " text));

  plain = lib.genAttrs (words ''
    actionlint age aider-chat air alioth ansible autoconf automake awscli2 babashka bat bats biome bison black btop btrfs-progs buf bun bzip2 cabal-install cacert
    cargo cargo-audit cargo-deny cargo-edit cargo-nextest cargo-watch caddy chrony ccache clang clang-tools claude-code-router clippy clojure
    cloud-hypervisor cloud-hypervisor-graphics cmake codex composer coreutils cosign cri-tools crosvm curl curlFull deadnix delta delve
    deno diffutils direnv dive docker docker-compose dool dosfstools dotnet-sdk e2fsprogs elixir elixir-ls elmPackages erlang esbuild eslint eza fd ffmpeg file
    findutils firecracker fish flex fzf gawk gcc gdb gemini-cli ghc git-lfs gleam glibcLocales gnugrep gnumake gnupg gnused gnutar
    gnutls go-tools gofumpt golangci-lint golint google-cloud-sdk gopls goose-cli goreleaser gotestsum gotools gradle graphviz groff grpcurl
    gzip haskell-language-server hello helix helm htop httpie hugo hyperfine imagemagick inetutils iperf3 iproute2 iptables jdk
    jdk17 jdk21 jdt-language-server jq just k9s kind kotlin ktlint kubectl kubernetes-helm kustomize kvmtool less libiconv linux lld llvm lsof ltrace lua
    lua-language-server maven meson minikube mistral-vibe mkcert mold moreutils mypy mysql80 nano ncdu netcat-openbsd nftables nil ninja nixd
    nixfmt nixfmt-rfc-style nmap nodejs nodejs_20 nodejs_22 nodejs_24 ocaml ocamlformat opam openssh openssl opencode openjdk opentofu packer parallel
    patch perl php phpactor pi-coding-agent pkg-config playwright-driver pnpm podman poetry postgresql postgresql_16 pre-commit prettierd procps
    protoc-gen-go protoc-gen-go-grpc protoc-gen-connect-go protoc-gen-es protols psmisc pyright pipx qemu qemu_kvm qemu_test qwen-code
    redis rsync rubocop ruby ruby-lsp ruff rust-analyzer rustc rustfmt rustup rxvt-unicode sbt scala screen sccache sbcl sd shadow
    shellcheck shfmt socat solargraph sops sqlite ssh-to-age stack starship statix strace stratovirt stylua sudo sysstat systemd tcpdump
    terraform-ls tflint tldr tmux tokei traceroute tree tree-sitter typescript typescript-language-server unzip usbutils util-linux uv vfkit
    vim virtiofsd wasm-pack watchexec wget which wireguard-tools xfsprogs xxd xz yamllint yarn yarn-berry yq-go zellij zig zls zip zlib
    zopfli zoxide zstd
  '') (_: { });

  python = withPackages "python3" [ "dnspython" "ipython" "numpy" "pip" "pytest" "requests" "virtualenv" ];
  emacs = withPackages "emacs" [ "counsel" "eglot" "go-mode" "magit" "markdown-mode" "nix-mode" "org" "projectile" ];

  shell = name: { passthru.shellPath = "/bin/${name}"; };
in
plain // {
  bash = shell "bash";
  bashInteractive = shell "bash";
  fish = shell "fish";
  nushell = { mainProgram = "nu"; passthru.shellPath = "/bin/nu"; };
  zsh = shell "zsh";
  shadow = { passthru.shellPath = "/bin/nologin"; };

  amp-cli = { license = lib.licenses.unfree; mainProgram = "amp"; };
  antigravity-cli = { license = lib.licenses.unfree; mainProgram = "agy"; };
  kiro-cli = { license = lib.licenses.unfree; };
  crush = { license = lib.licenses.unfree; };
  github-copilot-cli = { license = lib.licenses.unfree; mainProgram = "copilot"; };
  claude-code = { version = (import ./release.nix).claude-code; mainProgram = "claude"; license = lib.licenses.unfree; };
  terraform = { license = lib.licenses.unfree; };

  git = { passthru.lfs = true; };
  gh = { };
  go = { version = "1.25.0"; };
  go_1_24 = { pname = "go"; version = "1.24.0"; };
  # Linux 6.16 is the first release whose nftables hooks wait for their device.
  linux = { version = "6.18.1"; };
  nix = { version = "2.31.0"; };
  protobuf = { version = "32.1"; mainProgram = "protoc"; };
  ripgrep = { mainProgram = "rg"; };
  neovim = { mainProgram = "nvim"; };
  ocamlPackages = { passthru = withPackages "ocaml" [ "dune_3" "findlib" "ocaml-lsp" ]; };
  phpPackages = { passthru = withPackages "php" [ "composer" ]; };
  python3 = { mainProgram = "python3"; passthru.pkgs = python; passthru.withPackages = python.withPackages; };
  emacs = { passthru.pkgs = emacs; };
  emacs-nox = { mainProgram = "emacs"; passthru.pkgs = emacs; };
}
