# Settings of home-manager, for guests that import its NixOS module.
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
