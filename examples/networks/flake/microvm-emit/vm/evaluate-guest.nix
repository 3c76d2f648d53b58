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
let
  inherit (inputs.nixpkgs) lib;
  guest = import "${nixpkgs}/nixos/lib/eval-config.nix" {
    inherit pkgs specialArgs;
    inherit ((if pkgs == null then host.pkgs else pkgs).stdenv.hostPlatform) system;
    prefix = [
      "guests"
      name
    ];
    modules = [ inputs.microvm.nixosModules.microvm ] ++ modules;
  };

  emptyItem =
    { loc, type, ... }:
    let
      definition = {
        file = "microvm-emit/vm/evaluate-guest.nix";
        value = [ { } ];
      };
    in
    builtins.head (lib.mergeDefinitions loc type [ definition ]).mergedValue;
in
guest
// {
  # By option, an item of its list that says nothing. To find that out per VM would cost more than all else of it.
  defaults = builtins.mapAttrs (_: emptyItem) guest.options.microvm;
}
