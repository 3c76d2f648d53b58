# Units of VMs: their share of the host, their limits, and the hardening of their hypervisors. All but limits are defaults.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.microvm) stateDir vms;
  cfg = config.microvm-emit;

  # Nix keeps what a VM was started with, whatever the host is switched to meanwhile.
  roots = "/nix/var/nix/gcroots/microvm";
  # The hypervisor's user may write `current`: its text is neither split nor an option.
  addRoot = ''-+${pkgs.runtimeShell} -c "IFS=; set -f; ${pkgs.coreutils}/bin/mkdir -p ${roots} && ${pkgs.coreutils}/bin/ln -sfnT -- $$(${pkgs.coreutils}/bin/readlink ${stateDir}/%i/current) ${roots}/%i"'';
  removeRoot = "-+${pkgs.coreutils}/bin/rm -f ${roots}/%i";

  prepareImage =
    let
      program = "-${pkgs.runtimeShell} ${./image.sh}";
    in
    arguments: "${program} ${arguments}";
  # Images that microvm.nix makes grow with their size. One that holds writes to the store is renewed when the guest's system changes.
  prepareImages =
    vm:
    let
      images = builtins.filter (
        volume:
        volume.autoCreate
        && !volume.readOnly
        && volume.sizeMiB != null
        && builtins.elem volume.imageType [
          null
          "raw"
        ]
      ) vm.volumes;
      overlays = builtins.filter (
        { mountPoint, ... }: mountPoint != null && mountPoint == vm.writableStoreOverlay
      ) images;
    in
    map ({ image, ... }: prepareImage "renew ${image}") overlays
    ++ map ({ image, sizeMiB, ... }: prepareImage "grow ${image} ${toString sizeMiB}") images;

  limitsOf =
    {
      cpuPercent,
      memoryMiB,
      ioWeight,
      tasks,
    }:
    lib.optionalAttrs (cpuPercent != null) { CPUQuota = "${toString cpuPercent}%"; }
    // lib.optionalAttrs (memoryMiB != null) { MemoryMax = "${toString memoryMiB}M"; }
    // lib.optionalAttrs (ioWeight != null) { IOWeight = ioWeight; }
    // lib.optionalAttrs (tasks != null) { TasksMax = tasks; };

  ownUnit =
    vm:
    let
      images = prepareImages vm;
    in
    limitsOf vm.limits // lib.optionalAttrs (images != [ ]) { ExecStartPre = images; };
  ownUnits = lib.filterAttrs (_: serviceConfig: serviceConfig != { }) (
    lib.mapAttrs (_: ownUnit) cfg.vms
  );

  defaults = lib.mapAttrs (_: lib.mkDefault);

  # Weights count among units of which one says its own.
  share = {
    Slice = "microvm.slice";
    CPUWeight = 100;
    IOWeight = 100;
  };

  # QEMU's helper for interfaces of type `bridge` gains a capability when it starts, and to become a `user` takes root.
  isPlain =
    name: vm:
    let
      guest =
        if vm.flake != null then
          vm.flake.nixosConfigurations.${name}
        else if vm.evaluatedConfig != null then
          vm.evaluatedConfig
        else
          vm.config;
      inherit (guest.config.microvm) interfaces user;
    in
    user == null && lib.all (interface: interface.type != "bridge") interfaces;

  restricted = (import ../hardening.nix).all;

  # For a user without capabilities, each of these takes away the means to gain some.
  unprivileged = restricted // {
    CapabilityBoundingSet = "";
    RestrictAddressFamilies = [
      "AF_INET"
      "AF_INET6"
      "AF_NETLINK"
      "AF_UNIX"
      "AF_VSOCK"
    ];
    SystemCallFilter = [ "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap" ];
  };
in
{
  systemd = lib.mkIf config.microvm.host.enable {
    # VMs have together what all services of the host have together.
    slices.microvm = {
      description = "MicroVMs";
      sliceConfig = defaults {
        CPUWeight = 100;
        IOWeight = 100;
      };
    };

    services = {
      # Volumes and devices may be anywhere, QEMU translates code, and crosvm makes namespaces: what would keep them from that
      # is not here. ProtectClock is not either, since it closes all devices but the clock.
      "microvm@".serviceConfig =
        defaults (
          share
          // {
            # Of the VMs' folders and secrets, it sees its own.
            TemporaryFileSystem = [
              "${stateDir}:ro"
              "/run/microvm-secrets:ro"
            ];
            BindPaths = "${stateDir}/%i";
            BindReadOnlyPaths = "-/run/microvm-secrets/%i";
            ProtectControlGroups = true;
            ProtectProc = "invisible";
            ProtectSystem = "full";
            TasksMax = 4096;
          }
          // lib.optionalAttrs (lib.all (name: isPlain name vms.${name}) (
            builtins.attrNames vms
          )) unprivileged
        )
        // {
          ExecStartPre = [ addRoot ];
          ExecStopPost = [ removeRoot ];
        };

      # It serves any folder of the host, with its owners, modes and device nodes, from a namespace that it makes.
      "microvm-virtiofsd@".serviceConfig = defaults (
        share
        // restricted
        // {
          CapabilityBoundingSet = [
            "CAP_CHOWN"
            "CAP_DAC_OVERRIDE"
            "CAP_DAC_READ_SEARCH"
            "CAP_FOWNER"
            "CAP_FSETID"
            "CAP_KILL"
            "CAP_MKNOD"
            "CAP_SETFCAP"
            "CAP_SETGID"
            "CAP_SETPCAP"
            "CAP_SETUID"
            "CAP_SYS_ADMIN"
            "CAP_SYS_CHROOT"
            "CAP_SYS_RESOURCE"
          ];
          PrivateNetwork = true;
          ProtectControlGroups = true;
          RestrictAddressFamilies = [ "AF_UNIX" ];
          SystemCallFilter = [ "~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap" ];
        }
      );
    }
    // lib.mapAttrs' (
      name: serviceConfig: lib.nameValuePair "microvm@${name}" { inherit serviceConfig; }
    ) ownUnits;

    # A host that lost its power left them.
    tmpfiles.rules = [ "R! ${roots}" ];
  };
}
