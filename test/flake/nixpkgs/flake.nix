# The part of nixpkgs that the project's own flake uses. Arguments are named as there and closed where nixpkgs' own
# are, so that a wrong name fails; what mkDerivation gives back is a real derivation.
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
