# Units of VMs: weights, limits and hardening. All values except limits are defaults that you can override.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.microvm) stateDir vms;
  cfg = config.microvm-emit;

  # Without this garbage collector root, Nix could delete the runner of a running VM after the host switches to another one.
  roots = "/nix/var/nix/gcroots/microvm";
  # The folder of a VM with `flake` belongs to the user of the hypervisor, so the shell must not split or expand the target of `current`.
  addRoot = ''-+${pkgs.runtimeShell} -c "IFS=; set -f; ${pkgs.coreutils}/bin/mkdir -p ${roots} && ${pkgs.coreutils}/bin/ln -sfnT -- $$(${pkgs.coreutils}/bin/readlink ${stateDir}/%i/current) ${roots}/%i"'';
  removeRoot = "-+${pkgs.coreutils}/bin/rm -f ${roots}/%i";

  # With QEMU, microvm.nix before August 2026 only asks the guest to shut down, and systemd would kill QEMU a second later.
  # https://github.com/microvm-nix/microvm.nix/pull/578
  waitForEnd = ''-${pkgs.runtimeShell} -c "[ -z \"$$MAINPID\" ] || exec ${pkgs.coreutils}/bin/tail --pid=$$MAINPID --sleep-interval=0.1 --follow /dev/null"'';

  prepareImage =
    let
      program = "${pkgs.runtimeShell} ${./image.sh}";
    in
    arguments: "${program} ${arguments}";
  mkfs =
    let
      tools = {
        btrfs = pkgs.btrfs-progs;
        ext2 = pkgs.e2fsprogs;
        ext3 = pkgs.e2fsprogs;
        ext4 = pkgs.e2fsprogs;
        vfat = pkgs.dosfstools;
        xfs = pkgs.xfsprogs;
      };
    in
    {
      fsType,
      label,
      mkfsExtraArgs,
      ...
    }:
    lib.optionals (tools ? ${fsType}) (
      [ "${tools.${fsType}}/bin/mkfs.${fsType}" ]
      ++ lib.optionals (label != null) [
        (if fsType == "vfat" then "-n" else "-L")
        label
      ]
      ++ mkfsExtraArgs
    );
  # systemd splits arguments, and expands specifiers and variables.
  quote = argument: builtins.toJSON (lib.replaceStrings [ "%" "$" ] [ "%%" "$$" ] argument);

  # Creates and grows images, and deletes the image of a store overlay when the system of the guest changes.
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
    map ({ image, ... }: "-${prepareImage "renew ${image}"}") overlays
    ++ map ({ image, sizeMiB, ... }: "-${prepareImage "grow ${image} ${toString sizeMiB}"}") images
    ++ lib.concatMap (
      volume:
      let
        command = mkfs volume;
      in
      lib.optional (command != [ ]) (
        prepareImage "create ${volume.image} ${toString volume.sizeMiB} ${
          lib.concatMapStringsSep " " quote command
        }"
      )
    ) images;

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

  # systemd would kill the hypervisor, which needs more memory than the VM.
  isBelowMemory = name: vm: vm.limits.memoryMiB <= memoryOf name;
  memoryOf = name: (import ./nixos-of.nix name config.microvm.vms.${name}).config.microvm.mem;

  ownUnit =
    vm:
    let
      images = prepareImages vm;
    in
    limitsOf vm.limits // lib.optionalAttrs (images != [ ]) { ExecStartPre = images; };

  defaults = lib.mapAttrs (_: lib.mkDefault);

  # A weight only works if sibling units set it too.
  share = {
    Slice = "microvm.slice";
    CPUWeight = 100;
    IOWeight = 100;
  };

  # qemu-bridge-helper, for interfaces of type `bridge`, needs file capabilities. Changing to `microvm.user` needs root.
  needsNoCapabilities =
    name: vm:
    let
      inherit ((import ./nixos-of.nix name vm).config.microvm) interfaces user;
    in
    user == null && lib.all (interface: interface.type != "bridge") interfaces;

  restricted = (import ../hardening.nix).all;

  # For a hypervisor that needs no capabilities.
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
  assertions = lib.mapAttrsToList (name: vm: {
    assertion = !isBelowMemory name vm;
    message = "The VM ${name} has ${toString (memoryOf name)} MiB of memory. Its `limits.memoryMiB` must be larger, because the hypervisor needs memory too.";
  }) (lib.filterAttrs (_: vm: vm.limits.memoryMiB != null) cfg.vms);

  microvm-emit.units = builtins.mapAttrs (
    name: vm:
    {
      serviceConfig = ownUnit vm;
    }
    // lib.optionalAttrs (cfg.states ? ${name}) {
      unitConfig.RequiresMountsFor = builtins.attrNames cfg.states.${name}.directories;
    }
    // lib.optionalAttrs (cfg.resumable ? ${name}) {
      wants = [ "microvm-resume@${name}.timer" ];
    }
  ) cfg.vms;

  systemd = lib.mkIf config.microvm.host.enable {
    # All VMs together get the same share as system.slice.
    slices.microvm = {
      description = "MicroVMs";
      sliceConfig = defaults {
        CPUWeight = 100;
        IOWeight = 100;
      };
    };

    services = {
      # No PrivateDevices and no ProtectHome: volumes and devices can be anywhere. No MemoryDenyWriteExecute: QEMU translates code. No
      # RestrictNamespaces: crosvm creates namespaces. No ProtectClock: it implies DeviceAllow=, which closes other devices.
      "microvm@".serviceConfig =
        defaults (
          share
          // {
            # Hide the folders and secrets of other VMs.
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
          // lib.optionalAttrs (lib.all (name: needsNoCapabilities name vms.${name}) (
            builtins.attrNames vms
          )) unprivileged
        )
        // {
          ExecStartPre = [ addRoot ];
          ExecStop = lib.mkAfter [ waitForEnd ];
          ExecStopPost = [ removeRoot ];
        };

      # virtiofsd needs these capabilities to set owners, modes and device nodes in any folder, and to create its namespaces.
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
    };

    # ExecStopPost does not run in a power failure of the host.
    tmpfiles.rules = [ "R! ${roots}" ];
  };
}
