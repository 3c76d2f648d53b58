// The host and the two VMs of the article "Coding Agent VMs on NixOS with microvm.nix" by Michael Stapelberg.
import { ast, claudeCode, defineConfig, emacs, fromInput, type Home, zsh } from "microvm-emit";

const { attrs, call, ident, inherit, select } = ast;

const shell = (extraInit?: string): Home =>
  zsh({
    history: { size: 4000, save: 10_000_000, ignoreDups: true, share: false, append: true },
    init: [fromInput("configfiles", "zshrc"), "export CLAUDE_CONFIG_DIR=/home/michael/claude-microvm"],
    extraInit,
  });

const editor = emacs({
  package: call(select(ident("inputs"), "stapelbergnix", "lib", "emacsWithPackages"), attrs([inherit("pkgs")])),
  configDirectory: fromInput("configfiles", "config/emacs"),
});

/** What the article's VMs have in common. */
const vm = (project: string) => ({
  agent: claudeCode(),
  workspace: `~/microvm/${project}`,
  firewall: false,
  modules: ["stapelbergnix.lib.userSettings"],
});

export default defineConfig({
  inputs: {
    nixpkgs: "github:nixos/nixpkgs/nixos-25.11",
    "home-manager": "github:nix-community/home-manager/release-25.11",
    stapelbergnix: { url: "github:stapelberg/nix", follows: { nixpkgs: "nixpkgs" } },
    zkjnastools: { url: "github:stapelberg/zkj-nas-tools", follows: { nixpkgs: "nixpkgs" } },
    configfiles: { url: "github:stapelberg/configfiles", flake: false },
  },
  hosts: {
    midna: {
      stateVersion: "25.11",
      modules: [
        "./configuration.nix",
        "stapelbergnix.lib.userSettings",
        "stapelbergnix.lib.systemdNetwork",
        "stapelbergnix.lib.systemdBoot",
        "stapelbergnix.lib.prometheusNode",
        "zkjnastools.nixosModules.zkjbackup",
      ],
      user: { name: "michael" },
      bridges: { microbr: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } },
      vms: {
        emacsvm: { ...vm("emacs"), index: 4, home: [shell(), editor] },
        goprotobufvm: {
          ...vm("goprotobuf"),
          index: 5,
          packages: ["go", "gopls", "delve", "protobuf", "gnumake", "gcc", "git", "ripgrep"],
          home: [shell("export GOPATH=$HOME/go; PATH=$GOPATH/bin:$PATH"), editor],
        },
      },
    },
  },
});
