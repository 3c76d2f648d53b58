{ lib, system }:

let
  stdenv.mkDerivation =
    {
      name ? "${arguments.pname}-${arguments.version}",
      passthru ? { },
      meta ? { },
      ...
    }@arguments:
    derivation (
      removeAttrs arguments [
        "passthru"
        "meta"
      ]
      // {
        inherit name system;
        builder = "/bin/sh";
        args = [
          "-c"
          "echo this is no real stdenv; exit 1"
        ];
      }
    )
    // passthru
    // {
      inherit meta;
    };

  tool = name: stdenv.mkDerivation { inherit name; };

  packages = {
    inherit lib;
    stdenv = stdenv // {
      hostPlatform = { inherit system; };
    };
    callPackage =
      file: overrides:
      let
        f = import file;
      in
      f (builtins.intersectAttrs (builtins.functionArgs f) packages // overrides);
    mkShell =
      {
        packages ? [ ],
        shellHook ? "",
      }:
      stdenv.mkDerivation {
        name = "nix-shell";
        nativeBuildInputs = packages;
        inherit shellHook;
      };
    writeText = name: text: builtins.toFile name (builtins.unsafeDiscardStringContext text);
  }
  // lib.genAttrs [
    "installShellFiles"
    "makeWrapper"
    "nix"
    "nixfmt"
    "nodejs"
  ] tool;
in
packages
