# Settings for guests that import the NixOS module of home-manager.
{
  inputs,
  lib,
  options,
  ...
}:
{
  config = lib.optionalAttrs (options ? home-manager) {
    home-manager = {
      useGlobalPkgs = true;
      useUserPackages = true;
      extraSpecialArgs = { inherit inputs; };
      sharedModules = [ { programs.home-manager.enable = true; } ];
    };
  };
}
