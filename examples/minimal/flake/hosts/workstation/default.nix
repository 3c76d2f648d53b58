# The network and the microVMs of workstation.
{ inputs }:
{ lib, pkgs, ... }:
{
  imports = [
    (lib.modules.importApply ../../microvm-emit { inherit inputs; })
  ]
  ++ lib.filesystem.listFilesRecursive ./vms;

  microvm-emit = {
    user = {
      name = "alice";
      homeDirectory = "/home/alice";
    };

    bridges.microbr = {
      addresses = [ "192.168.83.1/24" ];
      nat.enable = true;
    };

    # Imported once for all guests: each import of nixpkgs costs time and memory.
    specialArgs.pkgsUnstable = import inputs.nixpkgs-unstable {
      inherit (pkgs.stdenv.hostPlatform) system;
      config.allowUnfreePredicate = package: builtins.elem (lib.getName package) [ "claude-code" ];
    };
  };
}
