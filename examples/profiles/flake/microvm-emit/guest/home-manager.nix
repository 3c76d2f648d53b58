# Settings for guests that import the NixOS module of home-manager.
{
  config,
  inputs,
  lib,
  options,
  ...
}:
let
  inherit (config) fileSystems;
  inherit (config.microvm-emit) user isHomeTemporary;
  folders = import ../folders.nix { inherit lib; };
  isOnDisk =
    path:
    lib.any (step: fileSystems.${step}.fsType or "tmpfs" != "tmpfs") ([ "/" ] ++ folders.stepsOf path);
in
{
  options.microvm-emit.isHomeTemporary = lib.mkOption {
    type = lib.types.bool;
    default = false;
    internal = true;
    description = "Whether no share and no volume of a VM keeps the state of home-manager. Set from `microvm-emit.vms` of the host.";
  };

  config = lib.optionalAttrs (options ? home-manager) {
    home-manager = {
      useGlobalPkgs = true;
      useUserPackages = true;
      extraSpecialArgs = { inherit inputs; };
      sharedModules = [
        { programs.home-manager.enable = true; }
        # Logins wait for the activation, and a root costs two starts of Nix. The system of the guest already protects the generation from
        # garbage collection.
        (
          { config, options, ... }:
          {
            home = lib.optionalAttrs (options.home ? activationGenerateGcRoot) {
              activationGenerateGcRoot = lib.mkIf (
                user != null
                && config.home.username == user.name
                && isHomeTemporary
                && !isOnDisk (folders.homeManagerRoots user.homeDirectory)
              ) (lib.mkDefault false);
            };
          }
        )
      ];
    };
  };
}
