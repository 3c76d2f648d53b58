# Options of a NixOS that several VMs share.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    config = mkOption {
      type = types.deferredModule;
      default = { };
      description = "NixOS configuration of the VMs. A VM learns its name, network, shares and environment at boot.";
    };
    specialArgs = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      description = "Arguments of the modules in `config`, besides `microvm-emit.specialArgs`.";
    };
    packageSet = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      description = "`pkgs` and `nixpkgs` as in `microvm.vms`, if they are not those of the host.";
    };
  };
}
