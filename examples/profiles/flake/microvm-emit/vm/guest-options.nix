# Options of a shared NixOS configuration.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    config = mkOption {
      type = types.deferredModule;
      default = { };
      example = lib.literalExpression "{ pkgs, ... }: { microvm.mem = 4096; environment.systemPackages = [ pkgs.git ]; }";
      description = "NixOS configuration of the VMs. A VM gets its name, network, shares and environment at boot, so modules here cannot read them.";
    };
    specialArgs = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      description = "Arguments for the modules in `config`, in addition to `microvm-emit.specialArgs`.";
    };
    packageSet = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      description = "`pkgs` and `nixpkgs` as in `microvm.vms`. Defaults to those of the host.";
    };
  };
}
