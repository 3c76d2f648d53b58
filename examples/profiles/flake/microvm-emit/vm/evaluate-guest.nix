# Evaluates the NixOS configuration of a guest, as microvm.nix does for a single VM.
{ inputs, hostPkgs }:
name:
{
  modules,
  specialArgs,
  pkgs ? hostPkgs,
  # The guest uses the package set of the host by default.
  nixpkgs ? (if pkgs == null then hostPkgs else pkgs).path,
}:
let
  inherit (inputs.nixpkgs) lib;
  # A string would copy all of nixpkgs to the store, and its modules would be read a second time from there.
  guest = import (nixpkgs + "/nixos/lib/eval-config.nix") {
    inherit pkgs specialArgs;
    inherit ((if pkgs == null then hostPkgs else pkgs).stdenv.hostPlatform) system;
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
  # The default element of each list option. Evaluating it for each VM would take longer than the rest of the VM.
  defaults = builtins.mapAttrs (_: emptyItem) guest.options.microvm;
}
