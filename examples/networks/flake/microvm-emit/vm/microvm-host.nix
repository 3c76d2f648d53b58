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

  installed = import ./installed.nix { inherit lib config; };
  # microvm-install.service replaces these.
  installers = map (name: "install-microvm-${name}") (builtins.attrNames installed);
  units = map (name: "microvm@${name}") (builtins.attrNames installed);

  # The settings of the unit of a VM, by section of its drop-in.
  sectionsOf =
    services: name: vm:
    let
      service = services."microvm@${name}";
      guest = (import ./nixos-of.nix name vm).config;
      own = cfg.units.${name} or { };
      listed = key: values: lib.optionalAttrs (values != [ ]) { ${key} = toString values; };
    in
    {
      Unit =
        service.unitConfig or { }
        // own.unitConfig or { }
        // listed "Wants" (service.wants or [ ] ++ own.wants or [ ])
        // listed "After" (service.after or [ ])
        // {
          # microvm.nix restarts a VM when its guest changes, but its runner can change without its guest.
          X-Restart-Triggers = map toString (service.restartTriggers ++ [ guest.microvm.declaredRunner ]);
        };
      Service = service.serviceConfig // own.serviceConfig or { };
    };
  # The other settings of the unit stay in `systemd.services`.
  inSections = [
    "after"
    "overrideStrategy"
    "path"
    "restartTriggers"
    "serviceConfig"
    "unitConfig"
    "wants"
  ];
  withoutSections =
    service:
    let
      others = removeAttrs service inSections;
    in
    lib.optionalAttrs (others != { }) (others // { overrideStrategy = "asDropin"; });

  # Without the changes below, a compromised hypervisor could become root on the host, so an unknown form of the module is an error.
  requireUnits =
    services:
    lib.throwIfNot (lib.all (unit: services ? ${unit}) (units ++ installers))
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
          ]
          ++ path;
          inherit update;
        }
      )
      [
        {
          path = [
            "systemd"
            "services"
          ];
          update =
            services:
            let
              others = removeAttrs (requireUnits services) (installers ++ units);
              rest = lib.genAttrs units (unit: withoutSections services.${unit});
            in
            lib.filterAttrs (_: service: service != redundant) others
            // lib.filterAttrs (_: service: service != { }) rest;
        }
        {
          path = [
            "microvm-emit"
            "dropIns"
          ];
          update = _: builtins.mapAttrs (sectionsOf host.config.content.systemd.services) installed;
        }
        # microvm.nix would create missing folders with the owner microvm:kvm, and the user could not write there.
        {
          path = [
            "systemd"
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
    ownFolders = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      internal = true;
      description = "Folders of the host that this library creates.";
    };
  };
}
