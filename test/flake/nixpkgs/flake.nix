# The part of nixpkgs that the project's flake uses. Functions have the same arguments, and are strict where nixpkgs is,
# so that a wrong name fails; mkDerivation returns a real derivation.
{
  outputs =
    { self }:
    let
      lib = import ./lib.nix;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [
        "aarch64-linux"
        "x86_64-linux"
      ] (system: import ./packages.nix { inherit lib system; });
    };
}
