# Translates a VM to options of its guest and of microvm.nix.
{ lib, cfg }:
let
  linkOf = import ./links.nix {
    inherit lib;
    networks = cfg;
  };
  linksOf = vm: lib.imap0 linkOf vm.interfaces;

  # Drops unset values, for which microvm.nix has defaults.
  given = lib.filterAttrs (_: value: value != null && value != [ ]);

  # The user owns all files that the guest writes. virtiofsd runs as root: without the translation, root in the guest could create
  # setuid programs and devices on the host. virtiofsd supports either a translation of owners or ACLs.
  squashed = share: {
    posixAcl = false;
    extraArgs = [
      "--translate-uid=squash-guest:0:${toString cfg.user.ids.uid}:4294967295"
      "--translate-gid=squash-guest:0:${toString cfg.user.ids.gid}:4294967295"
    ]
    ++ share.extraArgs;
  };
  shareOf =
    share:
    given {
      inherit (share)
        tag
        source
        proto
        cache
        securityModel
        posixAcl
        socket
        extraArgs
        ;
      mountPoint = mountPointOf share;
    }
    // lib.optionalAttrs share.readOnly { readOnly = true; }
    // lib.optionalAttrs (share.proto == "virtiofs" && !share.readOnly && share.owners == "squash") (
      squashed share
    );
  mountPointOf = share: if share.mountPoint == null then share.source else share.mountPoint;

  storeShares =
    vm:
    lib.optional vm.shareStore {
      proto = "virtiofs";
      tag = "ro-store";
      source = "/nix/store";
      mountPoint = "/nix/.ro-store";
      readOnly = true;
    };
  keyShares =
    vm:
    lib.optional (vm.sshHostKeys != null) {
      proto = "virtiofs";
      tag = "ssh-keys";
      source = vm.sshHostKeys;
      mountPoint = "/etc/ssh/host-keys";
      readOnly = true;
    };

  transport = import ../secret-transport.nix;
  inherit (transport) byCredential directoryOf;
  secretShares =
    name: vm: hypervisor:
    lib.optional (vm.secrets != { } && !byCredential hypervisor) {
      proto = "virtiofs";
      tag = "secrets";
      source = directoryOf name;
      inherit (transport) mountPoint;
      readOnly = true;
    };
  secretFiles =
    name: vm: hypervisor:
    lib.optionalAttrs (byCredential hypervisor) (
      builtins.mapAttrs (secret: _: "${directoryOf name}/${secret}") vm.secrets
    );

  # Mounted in the initrd, before the guest knows which VM it is (nixpkgs nixos/lib/utils.nix, pathsNeededForBoot).
  mountedInInitrd = [
    "/"
    "/nix"
    "/nix/store"
    "/var"
    "/var/log"
    "/var/lib"
    "/var/lib/nixos"
    "/etc"
    "/usr"
  ];
  isBuiltIn =
    vm: share:
    share.neededForBoot
    || share.source == "/nix/store"
    || mountPointOf share == vm.writableStoreOverlay
    || builtins.elem (mountPointOf share) mountedInInitrd;
  sharesOf = vm: lib.partition (isBuiltIn vm) vm.shares;

  interfaceOf =
    interface:
    {
      inherit (interface) type id mac;
    }
    // lib.optionalAttrs (interface.type == "bridge") { inherit (interface) bridge; }
    // lib.optionalAttrs (interface.type == "macvtap") { inherit (interface) macvtap; }
    // lib.optionalAttrs (interface.type == "tap" && interface.vhost) { tap.vhost = true; };

  seenOfVolume =
    volume:
    {
      inherit (volume) mountPoint fsType;
    }
    // given { inherit (volume) label; };
  ownOfVolume =
    volume:
    given {
      size = volume.sizeMiB;
      inherit (volume) serial imageType mkfsExtraArgs;
    }
    // lib.optionalAttrs volume.readOnly { readOnly = true; }
    // lib.optionalAttrs (!volume.autoCreate) { autoCreate = false; }
    // lib.optionalAttrs volume.direct { direct = true; };
  # The image of a volume in a guest that several VMs share.
  placeholderOf =
    position:
    { mountPoint, ... }:
    if mountPoint == "/var" then "var.img" else "volume-${toString position}.img";

  fileSystemsOf =
    vm:
    let
      overlay = vm.writableStoreOverlay;
      mounts = builtins.filter ({ mountPoint, ... }: mountPoint != null) (
        map (share: {
          inherit (share) neededForBoot;
          mountPoint = mountPointOf share;
        }) vm.shares
        ++ vm.volumes
      );
      liesBelow =
        outer: inner: inner != outer && lib.hasPrefix (if outer == "/" then outer else "${outer}/") inner;
      isMount = lib.any ({ mountPoint, ... }: mountPoint == overlay) mounts;
      isOnDisk = lib.any (
        { mountPoint, ... }: mountPoint != null && liesBelow mountPoint overlay
      ) vm.volumes;
    in
    lib.listToAttrs (
      map ({ mountPoint, ... }: lib.nameValuePair mountPoint { neededForBoot = true; }) (
        builtins.filter ({ neededForBoot, ... }: neededForBoot) mounts
      )
    )
    # The overlay is lost at shutdown, even if its parent folder is on a disk.
    // lib.optionalAttrs (overlay != null && !isMount && isOnDisk) {
      ${overlay} = {
        device = "tmpfs";
        fsType = "tmpfs";
        options = [ "mode=0755" ];
        neededForBoot = true;
      };
    };

  factsOf = vm: {
    user = lib.mkIf (cfg.user.name != null) cfg.user.ids;
    sshHostKeys = vm.sshHostKeys != null;
    secrets = builtins.mapAttrs (_: { variable, ... }: variable) vm.secrets;
  };
in
{
  # The module of a VM with its own NixOS configuration.
  guestOf =
    name: vm:
    { config, ... }:
    let
      inherit (config.microvm) hypervisor;
    in
    {
      # The module system names it in messages about conflicts.
      _file = "microvm-emit.vms.${name}";
      imports = [ { inherit (vm) microvm; } ];

      networking = {
        hostName = name;
        inherit (vm) nameservers;
      };
      systemd.network.networks = lib.listToAttrs (
        map (
          link:
          lib.nameValuePair link.name {
            matchConfig.PermanentMACAddress = link.mac;
            addresses = map (Address: { inherit Address; }) link.addresses;
            networkConfig = link.network;
            dhcpV4Config = link.dhcpV4;
            inherit (link) routes;
          }
        ) (linksOf vm)
      );
      environment.variables = vm.environment;
      fileSystems = fileSystemsOf vm;
      microvm-emit = factsOf vm;

      microvm = {
        inherit (vm) socket writableStoreOverlay;
        vsock.cid = vm.vsockCid;
        interfaces = map interfaceOf vm.interfaces;
        shares = storeShares vm ++ keyShares vm ++ secretShares name vm hypervisor ++ map shareOf vm.shares;
        volumes = map (
          volume: { inherit (volume) image; } // seenOfVolume volume // ownOfVolume volume
        ) vm.volumes;
      }
      // lib.optionalAttrs (vm.machineId != "") { inherit (vm) machineId; }
      // lib.optionalAttrs (vm.secrets != { }) { credentialFiles = secretFiles name vm hypervisor; };
    };

  # The module of a shared guest: the part of a VM that its NixOS depends on, which is the same in all of its VMs.
  sharedGuestOf = vm: {
    fileSystems = fileSystemsOf vm;
    microvm-emit = factsOf vm;
    microvm = {
      inherit (vm) writableStoreOverlay;
      shares = storeShares vm ++ map shareOf (sharesOf vm).right;
      volumes = lib.imap0 (
        position: volume: { image = placeholderOf position volume; } // seenOfVolume volume
      ) vm.volumes;
    };
  };

  # The part of a VM that it does not share.
  identityOf =
    name: vm: guest:
    let
      inherit (guest.config.microvm) hypervisor;
    in
    {
      microvm = vm.microvm // {
        inherit (vm) socket;
        vsock.cid = vm.vsockCid;
        interfaces = map interfaceOf vm.interfaces;
        shares = keyShares vm ++ secretShares name vm hypervisor ++ map shareOf (sharesOf vm).wrong;
        credentialFiles = vm.microvm.credentialFiles or { } // secretFiles name vm hypervisor;
      };
      volumes = lib.listToAttrs (
        lib.imap0 (
          position: volume:
          lib.nameValuePair (placeholderOf position volume) (
            { inherit (volume) image; } // ownOfVolume volume
          )
        ) vm.volumes
      );
      links = linksOf vm;
      inherit (vm) nameservers;
    }
    // lib.optionalAttrs (vm.machineId != "") { inherit (vm) machineId; };
}
