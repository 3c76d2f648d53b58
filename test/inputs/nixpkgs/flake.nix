{
  description = "Stand-in for nixpkgs: a typed module system and package names, evaluated in a second without the network";

  outputs = { self }:
    let
      lib = import ./lib // {
        nixosSystem = args: import ./nixos/lib/eval-config.nix ({ lib = import ./lib; } // args);
      };
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs lib.systems.flakeExposed (system: import ./. { inherit system; });
      nixosModules = { };
    };
}
