# Options of the VMs of this host, and their translation to `microvm.vms`.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  record = import ../record.nix { inherit lib; };
  cfg = config.microvm-emit;
  inherit (cfg.specialArgs) inputs;

  plain = lib.filterAttrs (_: { guest, ... }: guest == null) cfg.vms;
  shared = lib.filterAttrs (_: { guest, ... }: guest != null) cfg.vms;

  parts = import ./parts.nix { inherit lib cfg; };
  evaluateGuest = import ./evaluate-guest.nix {
    inherit inputs;
    hostPkgs = pkgs;
  };
  startVm = import ./start-vm.nix { inherit inputs lib; };

  # A VM with its own NixOS configuration, as in microvm.nix's documentation.
  plainVm =
    name: vm:
    {
      inherit (vm) autostart restartIfChanged;
      specialArgs = cfg.specialArgs // vm.specialArgs;
      config.imports = [
        ../guest
        vm.config
        (parts.guestOf name vm)
        (parts.homeFoldersOf [ vm ])
      ];
    }
    // vm.packageSet;

  # Each guest is evaluated once for all of its VMs, so the options that its NixOS configuration depends on must be equal in all of them.
  guests = builtins.mapAttrs (
    name: guest:
    let
      vms = builtins.attrValues (lib.filterAttrs (_: vm: vm.guest == name) shared);
      modulesOfVms = map parts.sharedGuestOf vms;
    in
    evaluateGuest name (
      {
        specialArgs = cfg.specialArgs // guest.specialArgs;
        modules = [
          ../guest
          ../guest/shared.nix
          guest.config
          (lib.throwIfNot (lib.all (part: part == builtins.head modulesOfVms) modulesOfVms)
            "The VMs of the guest ${name} have different shares, volumes or secrets, on which its NixOS configuration depends. Use separate guests."
            (builtins.head modulesOfVms)
          )
          # The folders for all VMs of the guest. In the other VMs, they are empty.
          (parts.homeFoldersOf vms)
        ];
      }
      // guest.packageSet
    )
  ) cfg.guests;

  sharedVm =
    name: vm:
    let
      guest =
        guests.${vm.guest}
          or (throw "The option `microvm-emit.vms.${name}.guest' is \"${vm.guest}\", which is not defined in `microvm-emit.guests'.");
    in
    {
      inherit (vm) autostart restartIfChanged;
      evaluatedConfig = startVm (
        {
          inherit name guest;
          inherit (vm) environment;
        }
        // parts.identityOf name vm guest
      );
    };
in
{
  imports = [
    ./drop-ins.nix
    ./install.nix
    ./names.nix
    ./ownership.nix
    ./paused.nix
    ./retire.nix
    ./secrets.nix
    ./state.nix
    ./units.nix
  ];

  options.microvm-emit = {
    vms = mkOption {
      type = types.attrsOf (
        record (
          import ./options.nix { inherit lib; }
          // import ../policy/options.nix { inherit lib; }
          // import ../gateway/vm-options.nix { inherit lib; }
        )
      );
      default = { };
      description = ''
        MicroVMs of this host, by name.

        A VM is an attribute set, not a module: it cannot be a function or have `imports`. To set the same values for several VMs, use `lib.genAttrs` with their names. A module of the host can declare more options for all VMs, with this option again and the type `attrsOf (record { … })`, where `record` is `import ./microvm-emit/record.nix { inherit lib; }`.
      '';
      example = lib.literalExpression ''
        lib.genAttrs [ "projectvm" "webvm" ] (_: {
          network = "allowlist";
          allow = [ "github.com" ];
        })
      '';
    };
    guests = mkOption {
      type = types.attrsOf (types.submodule ./guest-options.nix);
      default = { };
      description = "NixOS configurations that several VMs share, by name. Each one is evaluated only once.";
    };
    specialArgs = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      description = "Arguments for the modules of all guests. They always include `inputs`.";
    };
  };

  config.microvm.vms = lib.mapAttrs plainVm plain // lib.mapAttrs sharedVm shared;
}
