# The part of nixpkgs that package.nix uses, with the programs of this machine, to build it where nixpkgs cannot be fetched.
{
  programs,
  node,
  nixCommand,
  system ? builtins.currentSystem,
}:

let
  lib = import ../../flake/nixpkgs/lib.nix;

  build =
    arguments:
    derivation (
      removeAttrs arguments [
        "passthru"
        "meta"
        "nativeBuildInputs"
      ]
      // {
        name = arguments.name or "${arguments.pname}-${arguments.version}";
        inherit system;
        PATH = programs;
        builder = "/bin/bash";
        args = [ ./build.sh ];
      }
    );

  # Only links, since the programs need libraries of the machine.
  linked =
    name: program:
    build {
      inherit name;
      buildCommand = "mkdir -p $out/bin; ln -s ${toString program} $out/bin/${name}";
    };
in
import ../../../package.nix {
  inherit lib;
  stdenv = {
    mkDerivation = build;
    hostPlatform = { inherit system; };
  };
  nodejs = linked "node" node;
  nix = linked "nix" nixCommand;
  writeText =
    name: text:
    build {
      inherit name text;
      passAsFile = [ "text" ];
      buildCommand = "cp $textPath $out";
    };
  # Functions of build.sh.
  installShellFiles = null;
  makeWrapper = null;
}
