# The package set of a home that does not use the system's.
{ systemPkgs }:
{ config, lib, ... }:
{
  options.nixpkgs = {
    config = lib.declare.option lib.types.anything { };
    overlays = lib.declare.option (lib.types.listOf lib.types.raw) [ ];
  };
  config._module.args.pkgs = import systemPkgs.path {
    inherit (systemPkgs.stdenv.hostPlatform) system;
    inherit (config.nixpkgs) config overlays;
  };
}
