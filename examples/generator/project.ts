/** The flake of a project, without microVMs: a development shell and a formatter for each system, by nix-ast alone. */
import { list, nix, print } from "@microvm-emit/nix-ast";

/** The needs of a project. */
export interface Project {
  readonly description: string;
  /** Attributes of nixpkgs. */
  readonly packages: readonly string[];
  /** Environment variables of the shell. */
  readonly environment: Readonly<Record<string, string>>;
  /** Formatters of treefmt-nix. */
  readonly formatters: readonly string[];
}

const systems = ["x86_64-linux", "aarch64-linux", "aarch64-darwin"];

/** The text of the project's `flake.nix`. Names and values can contain anything: they never become code. */
export const flakeOf = ({ description, packages, environment, formatters }: Project): string => {
  const attributes = list(packages.map((name) => nix`pkgs.${name.split(".")}`));
  const programs = Object.fromEntries(formatters.map((name) => [name, { enable: true }]));
  return print(nix`{
    description = ${description};

    inputs = {
      nixpkgs.url = "github:nixos/nixpkgs/nixos-26.05";
      treefmt-nix = {
        url = "github:numtide/treefmt-nix";
        inputs.nixpkgs.follows = "nixpkgs";
      };
    };

    outputs =
      { nixpkgs, treefmt-nix, ... }:
      let
        forSystems = f: nixpkgs.lib.genAttrs ${systems} (system: f nixpkgs.legacyPackages.\${system});
      in
      {
        devShells = forSystems (pkgs: {
          default = pkgs.mkShell { packages = ${attributes}; env = ${environment}; };
        });
        formatter = forSystems (pkgs: treefmt-nix.lib.mkWrapper pkgs {
          projectRootFile = "flake.nix";
          programs = ${programs};
        });
      };
  }`);
};
