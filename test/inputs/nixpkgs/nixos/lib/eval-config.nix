# Evaluates NixOS modules on our option declarations: nixosSystem, and microvm.nix for its guests.
{ system ? null
, pkgs ? null
, lib ? import ../../lib
, modules
, baseModules ? [
    ../options/boot.nix
    ../options/environment.nix
    ../options/networkd.nix
    ../options/networking.nix
    ../options/nix.nix
    ../options/services.nix
    ../options/system.nix
    ../options/systemd.nix
    ../options/users.nix
  ]
, extraModules ? [ ]
, specialArgs ? { }
, prefix ? [ ]
}:
let
  given = {
    _file = ./eval-config.nix;
    key = toString ./eval-config.nix;
    config.nixpkgs = lib.mkMerge [
      (lib.mkIf (system != null) { system = lib.mkDefault system; })
      (lib.mkIf (pkgs != null) { inherit pkgs; })
    ];
  };
  result = lib.evalModules {
    class = "nixos";
    inherit prefix;
    specialArgs = { modulesPath = toString ../modules; } // specialArgs;
    modules = baseModules ++ extraModules ++ [ given ] ++ modules;
  };
  inherit (result.config.system) build;
  # Stricter than NixOS: evaluating the system type-checks every definition, even if the system does
  # not depend on it.
  toplevel = builtins.seq (builtins.all lib.modules.force result.set) build.toplevel;
in
result // {
  inherit lib;
  inherit (result._module.args) pkgs;
  config = result.config // { system = result.config.system // { build = build // { inherit toplevel; }; }; };
}
