# The host module of microvm.nix, with units and folders of VMs as this library needs them. Additional definitions would take longer,
# because the module system would merge several for each VM.
microvm:
{ config, lib, ... }:
let
  cfg = config.microvm-emit;
  file = microvm.nixosModules.host;
  module = import file;

  # A unit of a VM that only repeats its template. Evaluating one takes longer than evaluating the runner of a VM.
  redundant = {
    overrideStrategy = "asDropin";
    path = lib.mkForce [ ];
    serviceConfig.X-RestartIfChanged = [
      ""
      false
    ];
  };

  # Changes of the units of VMs, by unit. A VM with `flake` has no configuration on this host.
  changes = lib.concatMapAttrs (
    name: vm:
    let
      guest = (import ./nixos-of.nix name vm).config;
      own = cfg.units.${name} or { };
    in
    lib.optionalAttrs (vm.flake or null == null) {
      "install-microvm-${name}" = service: service // { script = cfg.installScript name guest; };
      "microvm@${name}" =
        service:
        service
        // {
          # microvm.nix restarts a VM when its guest changes, but its runner can change without its guest.
          restartTriggers = service.restartTriggers ++ [ guest.microvm.declaredRunner ];
          serviceConfig = service.serviceConfig // own.serviceConfig or { };
        }
        // lib.optionalAttrs (own ? unitConfig) {
          unitConfig = service.unitConfig or { } // own.unitConfig;
        };
    }
  ) config.microvm.vms;

  # Without these changes, a compromised hypervisor could become root on the host, so an unknown form of the module is an error.
  requireUnits =
    services:
    lib.throwIfNot (lib.all (unit: services ? ${unit}) (builtins.attrNames changes))
      "This version of microvm.nix has other units than those that microvm-emit/vm/microvm-host.nix changes. Use an older one, or update microvm-emit."
      services;

  changed =
    host:
    lib.updateManyAttrsByPath (map
      (
        { path, update }:
        {
          path = [
            "config"
            "content"
            "systemd"
          ]
          ++ path;
          inherit update;
        }
      )
      [
        {
          path = [ "services" ];
          update =
            services:
            builtins.mapAttrs (unit: changes.${unit} or lib.id) (
              lib.filterAttrs (_: service: service != redundant) (requireUnits services)
            );
        }
        # microvm.nix would create missing folders with the owner microvm:kvm, and the user could not write there.
        {
          path = [
            "tmpfiles"
            "settings"
            "10-microvm"
          ];
          update = folders: removeAttrs folders cfg.ownFolders;
        }
      ]
    ) host;
in
{
  disabledModules = [ file ];
  imports = [
    (lib.setDefaultModuleLocation file (
      lib.setFunctionArgs (given: changed (module given)) (lib.functionArgs module)
    ))
  ];

  options.microvm-emit = {
    units = lib.mkOption {
      type = lib.types.raw;
      readOnly = true;
      internal = true;
      description = "Settings of the unit `microvm@` of each VM.";
    };
    installScript = lib.mkOption {
      type = lib.types.raw;
      readOnly = true;
      internal = true;
      description = "Script of the unit that installs a VM.";
    };
    ownFolders = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      internal = true;
      description = "Folders of the host that this library creates.";
    };
  };
}
