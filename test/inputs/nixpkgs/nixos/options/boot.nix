# boot.*, fileSystems, swapDevices.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkDefault mkIf types;
  inherit (types) attrsOf either int lines listOf nonEmptyStr nullOr oneOf path str submodule;
  inherit (lib.declare) flag many maybe named option required;
  inherit (config.boot) loader;

  fileSystemNames = types.coercedTo (listOf str) (names: lib.genAttrs names (_: true)) (attrsOf types.bool);

  fileSystem = submodule ({ name, config, ... }: {
    options = {
      mountPoint = option nonEmptyStr name;
      device = maybe nonEmptyStr;
      label = maybe nonEmptyStr;
      fsType = option nonEmptyStr "auto";
      options = option (types.nonEmptyListOf nonEmptyStr) [ "defaults" ];
      depends = many types.path;
      neededForBoot = flag false;
      noCheck = flag false;
      autoFormat = flag false;
      autoResize = flag false;
      overlay = {
        lowerdir = maybe (types.nonEmptyListOf (either str path));
        upperdir = maybe str;
        workdir = maybe str;
      };
    };
    config = lib.mkMerge [
      (mkIf (config.overlay.lowerdir != null) { fsType = mkDefault "overlay"; device = mkDefault "overlay"; })
      (mkIf config.autoResize { options = [ "x-systemd.growfs" ]; })
      (mkIf (config.label != null) { device = mkDefault "/dev/disk/by-label/${config.label}"; })
    ];
  });
in
{
  options = {
    boot = {
      kernel.sysctl = option (submodule { freeformType = attrsOf (nullOr (oneOf [ types.bool int str ])); }) { };
      kernelModules = many str;
      kernelParams = many str;
      kernelPackages = option types.raw pkgs.linuxPackages;
      blacklistedKernelModules = many str;
      extraModprobeConfig = option lines "";
      isContainer = flag false;
      supportedFilesystems = option fileSystemNames { };
      swraid.enable = flag false;
      growPartition = flag false;
      tmp = { useTmpfs = flag false; cleanOnBoot = flag false; };
      binfmt.emulatedSystems = many str;
      initrd = {
        kernelModules = many str;
        availableKernelModules = many str;
        supportedFilesystems = option fileSystemNames { };
        secrets = named (nullOr path);
        systemd = { enable = flag false; tpm2.enable = flag true; };
      };
      loader = {
        timeout = option (nullOr int) 5;
        systemd-boot = { enable = flag false; configurationLimit = maybe int; editor = flag true; };
        efi = { canTouchEfiVariables = flag false; efiSysMountPoint = option str "/boot"; };
        grub = {
          enable = flag (!config.boot.isContainer);
          device = option str "";
          devices = many str;
          efiSupport = flag false;
        };
        generic-extlinux-compatible.enable = flag false;
      };
    };
    fileSystems = named fileSystem;
    swapDevices = many (submodule { options = { device = required nonEmptyStr; size = maybe int; priority = maybe int; }; });
  };

  config = {
    boot.loader.grub = {
      enable = mkIf loader.systemd-boot.enable (mkDefault false);
      devices = mkIf (loader.grub.device != "") [ loader.grub.device ];
    };
    assertions = [
      {
        assertion = config.boot.isContainer || config.fileSystems ? "/";
        message = "fileSystems has no root file system (\"/\").";
      }
      {
        assertion = loader.grub.enable -> loader.grub.devices != [ ];
        message = "boot.loader.grub.devices is empty, so that the system would not boot.";
      }
    ];
  };
}
