# Writes the settings of the unit of each VM as drop-ins, in one package. NixOS would evaluate about 50 options for each attribute of
# `systemd.services`, which takes longer than the rest of a VM.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  inherit (config.microvm-emit) dropIns;

  textOf = lib.generators.toINI { listsAsDuplicateKeys = true; };
  # systemd reads the drop-ins of NixOS, `overrides.conf`, after this name.
  write = name: sections: ''
    mkdir -p "$units"/microvm@${name}.service.d
    printf %s ${lib.escapeShellArg (textOf sections)} > "$units"/microvm@${name}.service.d/microvm-emit.conf
  '';

  # NixOS would write a setting of `microvm@NAME` in a module of the host as a complete unit in place of the template.
  isOfVm = unit: builtins.match "microvm(-[a-z-]+)?@.+" unit != null;
in
{
  options = {
    microvm-emit.dropIns = mkOption {
      type = types.raw;
      default = { };
      internal = true;
      description = "Settings of the unit `microvm@` of each VM, by section.";
    };
    systemd.services = mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            config = lib.mkIf (isOfVm name) {
              overrideStrategy = lib.mkDefault "asDropin";
              # NixOS would add a PATH, in place of that of the template.
              path = lib.mkOverride 90 [ ];
            };
          }
        )
      );
    };
  };

  config.systemd.packages = lib.mkIf (dropIns != { }) [
    (pkgs.runCommand "microvm-units" { } ''
      units=$out/lib/systemd/system
      ${lib.concatStrings (lib.mapAttrsToList write dropIns)}
    '')
  ];
}
