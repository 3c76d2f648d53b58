# The NixOS of a guest, made as microvm.nix makes that of a single VM.
{ inputs, pkgs }@host:
name:
{
  modules,
  specialArgs,
  pkgs ? host.pkgs,
  # With no package set of its own, as of the host.
  nixpkgs ? (if pkgs == null then host.pkgs else pkgs).path,
}:
import "${nixpkgs}/nixos/lib/eval-config.nix" {
  inherit pkgs specialArgs;
  inherit ((if pkgs == null then host.pkgs else pkgs).stdenv.hostPlatform) system;
  prefix = [
    "guests"
    name
  ];
  modules = [ inputs.microvm.nixosModules.microvm ] ++ modules;
}
