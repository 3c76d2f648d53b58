# A NixOS system as a MicroVM: mounts, runners and the assertions of microvm.nix.
{ config, lib, pkgs, ... }:
let
  inherit (builtins) attrValues elem filter groupBy head length listToAttrs;
  inherit (lib) any hasInfix mkDefault mkIf nameValuePair optional optionalAttrs optionals;
  microvm = import ../../lib { inherit lib; };

  cfg = config.microvm;
  inherit (config.networking) hostName;

  # Every fact that may occur once only.
  once = what: key: items: map
    (same: {
      assertion = length same == 1;
      message = "MicroVM ${hostName}: ${what} \"${key (head same)}\" is used ${toString (length same)} > 1 times.";
    })
    (attrValues (groupBy key items));
  must = items: assertion: message: map (item: { assertion = assertion item; message = "MicroVM ${hostName}: ${message item}"; }) items;

  virtiofs = filter (s: s.proto == "virtiofs") cfg.shares;
  mapsIds = lib.any (arg: hasInfix "--translate-uid" arg || hasInfix "--translate-gid" arg);

  hostStores = filter (s: s.source == "/nix/store") cfg.shares;
  lower =
    if cfg.storeOnDisk then "/nix/.ro-store"
    else if hostStores == [ ] then throw "MicroVM ${hostName}: neither a share nor a disk holds /nix/store"
    else (head hostStores).mountPoint;

  mounted = f: items: listToAttrs (map (item: nameValuePair item.mountPoint (f item)) items);
  neededFor = item: elem item.mountPoint [ cfg.writableStoreOverlay ];
  letters = lib.drop (if cfg.storeOnDisk then 1 else 0) (lib.stringToCharacters "abcdefghijklmnopqrstuvwxyz");
  disks = lib.zipListsWith (volume: letter: volume // { inherit letter; }) cfg.volumes letters;

  shareOptions = {
    virtiofs = [ "defaults" "x-systemd.after=systemd-modules-load.service" ];
    "9p" = [ "trans=virtio" "version=9p2000.L" "msize=65536" "x-systemd.after=systemd-modules-load.service" ];
  };
in
{
  imports = [ ./options.nix ./interfaces.nix ./virtiofsd ];

  config = lib.mkMerge [
    {
      microvm.runner = lib.genAttrs microvm.hypervisors (hypervisor: microvm.buildRunner {
        inherit pkgs;
        microvmConfig = cfg // { inherit hostName hypervisor; };
        inherit (config.system.build) toplevel;
      });
    }
    (mkIf cfg.guest.enable {
      assertions =
        once "volume image" (v: v.image) cfg.volumes
        ++ once "interface id" (i: i.id) cfg.interfaces
        ++ once "share tag" (s: s.tag) cfg.shares
        ++ once "share socket" (s: toString s.socket) virtiofs
        ++ must cfg.interfaces (i: (i.type == "bridge") == (i.bridge != null))
          (i: "interface ${i.id} is of type \"${i.type}\", and a bridge goes with type \"bridge\" and no other.")
        ++ must cfg.interfaces (i: builtins.stringLength i.id <= 15)
          (i: "interface name ${i.id} has more than 15 characters.")
        ++ must virtiofs (s: s.socket != null) (s: "virtiofs share \"${s.tag}\" has no socket.")
        ++ must virtiofs (s: !(s.posixAcl && mapsIds (cfg.virtiofsd.extraArgs ++ s.extraArgs)))
          (s: "virtiofs share \"${s.tag}\" has posixAcl=true, which --translate-uid and --translate-gid exclude.")
        ++ must [ cfg.forwardPorts ] (ports: ports == [ ] || (cfg.hypervisor == "qemu" && any (i: i.type == "user") cfg.interfaces))
          (_: "microvm.forwardPorts needs qemu and an interface of type \"user\".")
        ++ must (optional (cfg.hypervisor == "cloud-hypervisor") cfg.cloud-hypervisor.platformOEMStrings) (strings: !any (hasInfix "oem_strings") strings)
          (_: "microvm.cloud-hypervisor.platformOEMStrings: leave out the `oem_strings` itself.")
        ++ [
          {
            assertion = cfg.writableStoreOverlay != null -> !config.nix.optimise.automatic && !config.nix.settings.auto-optimise-store;
            message = "microvm.writableStoreOverlay excludes nix.optimise.automatic and nix.settings.auto-optimise-store.";
          }
          {
            assertion = cfg.vsock.ssh.enable -> cfg.vsock.cid != null;
            message = "microvm.vsock.ssh.enable needs microvm.vsock.cid.";
          }
        ];

      warnings =
        optional (cfg.mem < 32) "MicroVM ${hostName}: ${toString cfg.mem} MB of RAM are hardly enough."
        ++ optional config.nix.optimise.automatic "nix.optimise.automatic does no good to the store of a MicroVM.";

      microvm.kernelParams = config.boot.kernelParams ++ [
        "init=${if cfg.storeOnDisk then builtins.unsafeDiscardStringContext config.system.build.toplevel else config.system.build.toplevel}/init"
      ];

      boot.loader.grub.enable = false;
      boot.blacklistedKernelModules = [ "rfkill" "intel_pstate" ] ++ optional (!cfg.graphics.enable) "drm";
      boot.initrd.kernelModules = [ "virtio_mmio" "virtio_pci" "virtio_blk" "9pnet_virtio" "9p" "virtiofs" ]
        ++ optionals (cfg.writableStoreOverlay != null) [ "overlay" ];
      environment.etc."machine-id" = mkIf (cfg.machineId != null) { text = lib.replaceString "-" "" cfg.machineId + "\n"; };
      networking.hostId = mkIf (cfg.machineId != null) (mkDefault (builtins.substring 0 8 cfg.machineId));
      services.openssh.enable = mkIf cfg.vsock.ssh.enable true;
      systemd.services.nix-daemon.enable = mkDefault (cfg.writableStoreOverlay != null);
      systemd.sockets.nix-daemon.enable = mkDefault (cfg.writableStoreOverlay != null);

      fileSystems = lib.mkMerge [
        { "/" = mkDefault { device = "rootfs"; fsType = "tmpfs"; options = [ "size=50%,mode=0755" ]; neededForBoot = true; }; }
        (optionalAttrs (cfg.writableStoreOverlay != null) {
          "/nix/store" = {
            neededForBoot = true;
            overlay = {
              lowerdir = [ lower ];
              upperdir = "${cfg.writableStoreOverlay}/store";
              workdir = "${cfg.writableStoreOverlay}/work";
            };
          };
        })
        (optionalAttrs (cfg.writableStoreOverlay == null && !cfg.storeOnDisk && lower != "/nix/store") {
          "/nix/store" = { device = lower; fsType = (head hostStores).proto; options = [ "ro" "bind" ]; neededForBoot = true; };
        })
        (optionalAttrs cfg.storeOnDisk {
          ${if cfg.writableStoreOverlay == null then "/nix/store" else "/nix/.ro-store"} = {
            device = "/dev/disk/by-label/nix-store";
            fsType = cfg.storeDiskType;
            neededForBoot = true;
            noCheck = true;
          };
        })
        (mounted
          (v: {
            inherit (v) fsType;
            device = if v.label != null then "/dev/disk/by-label/${v.label}" else "/dev/vd${v.letter}";
            neededForBoot = mkIf (neededFor v) true;
          })
          (filter (v: v.mountPoint != null) disks))
        (mounted
          (s: {
            device = s.tag;
            fsType = s.proto;
            options = shareOptions.${s.proto};
            neededForBoot = mkIf (s.source == "/nix/store" || neededFor s) true;
          })
          cfg.shares)
      ];

      systemd.mounts = mkIf (config.boot.initrd.systemd.enable && !cfg.storeOnDisk && cfg.writableStoreOverlay == null) [
        { what = "store"; where = "/nix/store"; overrideStrategy = "asDropin"; unitConfig.DefaultDependencies = false; }
      ];
    })
    (mkIf (cfg.guest.enable && cfg.optimize.enable) {
      documentation.enable = mkDefault false;
      boot.initrd.systemd.enable = mkDefault (elem cfg.hypervisor [ "qemu" "cloud-hypervisor" "firecracker" "stratovirt" ]);
      boot.initrd.systemd.tpm2.enable = mkDefault false;
      boot.kernelParams = [ "8250.nr_uarts=1" ];
      boot.swraid.enable = mkDefault false;
      networking.useNetworkd = mkDefault true;
      systemd.network.wait-online.enable = mkDefault false;
      systemd.tpm2.enable = mkDefault false;
      system.switch.enable = mkIf (!(config.services.openssh.enable && hostStores != [ ])) (mkDefault false);
    })
  ];
}
