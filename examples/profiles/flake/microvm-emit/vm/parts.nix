# Translates the options of a VM to options of its guest and of microvm.nix.
{ lib, cfg }:
let
  linkOf = import ./links.nix {
    inherit lib;
    networks = cfg;
  };
  linksOf = vm: lib.imap0 linkOf vm.interfaces;

  # Removes unset values, for which microvm.nix has defaults.
  withoutUnset =
    set:
    removeAttrs set (
      builtins.filter (name: set.${name} == null || set.${name} == [ ]) (builtins.attrNames set)
    );

  # Makes the user own all files that the guest creates. virtiofsd runs as root, so root in the guest could otherwise create setuid
  # programs and devices on the host. virtiofsd does not support ACLs together with a translation of owners.
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
    withoutUnset {
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
      # Store paths never change. With another policy, Linux drops the cached pages of a file at each open (FOPEN_KEEP_CACHE), so each
      # start of a program reads the program and its libraries again.
      cache = "always";
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

  # The initrd mounts these, before the guest gets the shares of its VM (nixpkgs nixos/lib/utils.nix, pathsNeededForBoot).
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
  isInGuest =
    vm: share:
    share.neededForBoot
    || share.source == "/nix/store"
    || mountPointOf share == vm.writableStoreOverlay
    || builtins.elem (mountPointOf share) mountedInInitrd;
  sharesOf = vm: lib.partition (isInGuest vm) vm.shares;

  interfaceOf =
    interface:
    {
      inherit (interface) type id mac;
    }
    // lib.optionalAttrs (interface.type == "bridge") { inherit (interface) bridge; }
    // lib.optionalAttrs (interface.type == "macvtap") { inherit (interface) macvtap; }
    // lib.optionalAttrs (interface.type == "tap" && interface.vhost) { tap.vhost = true; };

  guestPartOfVolume =
    volume:
    {
      inherit (volume) mountPoint fsType;
    }
    // withoutUnset { inherit (volume) label; };
  vmPartOfVolume =
    volume:
    withoutUnset {
      size = volume.sizeMiB;
      inherit (volume) serial imageType mkfsExtraArgs;
    }
    // lib.optionalAttrs volume.readOnly { readOnly = true; }
    // lib.optionalAttrs (!volume.autoCreate) { autoCreate = false; }
    // lib.optionalAttrs volume.direct { direct = true; };
  # Image name of a volume in a shared guest. Each VM replaces it.
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
    # A tmpfs, so that the overlay is empty at each boot even if its parent folder is on a disk.
    // lib.optionalAttrs (overlay != null && !isMount && isOnDisk) {
      ${overlay} = {
        device = "tmpfs";
        fsType = "tmpfs";
        options = [ "mode=0755" ];
        neededForBoot = true;
      };
    };

  guestOptionsOf = vm: {
    user = lib.mkIf (cfg.user.name != null) cfg.user.ids;
    sshHostKeys = vm.sshHostKeys != null;
    secrets = builtins.mapAttrs (_: { variable, ... }: variable) vm.secrets;
    repository = if vm.repository == null then null else vm.repository.mountPoint;
  };
in
{
  # The module that gives folders above mount points to the user, for which systemd would create them with the owner root, and that reports
  # whether the home of the user is temporary.
  homeFoldersOf =
    vms:
    let
      inherit (cfg.user) ids;
      folders = import ../folders.nix { inherit lib; };
      mounts = builtins.filter (mountPoint: mountPoint != null) (
        lib.concatMap (
          vm: map mountPointOf vm.shares ++ map ({ mountPoint, ... }: mountPoint) vm.volumes
        ) vms
      );
      # A lookup for each parent takes less than a comparison with each mount point of all VMs.
      mounted = lib.genAttrs mounts (_: null);
      isInMount = folder: lib.any (step: mounted ? ${step}) (folders.stepsOf folder);
      found = builtins.filter (folder: !isInMount folder) (
        lib.concatMap (folders.between ids.homeDirectory) mounts
      );
    in
    lib.optionalAttrs (cfg.user.name != null) {
      microvm-emit.isHomeTemporary =
        !(mounted ? "/") && !isInMount (folders.homeManagerRoots ids.homeDirectory);
      systemd.tmpfiles.settings.home-folders = lib.genAttrs found (_: {
        d = {
          mode = "0755";
          user = ids.name;
          inherit (ids) group;
        };
      });
    };

  # The module of a VM with a separate NixOS configuration.
  guestOf =
    name: vm:
    { config, ... }:
    let
      inherit (config.microvm) hypervisor;
    in
    {
      # The file name in error messages of the module system.
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
      microvm-emit = guestOptionsOf vm;

      microvm = {
        inherit (vm) socket writableStoreOverlay;
        vsock.cid = vm.vsockCid;
        interfaces = map interfaceOf vm.interfaces;
        shares = storeShares vm ++ keyShares vm ++ secretShares name vm hypervisor ++ map shareOf vm.shares;
        volumes = map (
          volume: { inherit (volume) image; } // guestPartOfVolume volume // vmPartOfVolume volume
        ) vm.volumes;
      }
      // lib.optionalAttrs (vm.machineId != "") { inherit (vm) machineId; }
      // lib.optionalAttrs (vm.secrets != { }) { credentialFiles = secretFiles name vm hypervisor; };
    };

  # The module of a shared guest: the options on which its NixOS configuration depends. They are equal in all of its VMs.
  sharedGuestOf = vm: {
    fileSystems = fileSystemsOf vm;
    microvm-emit = guestOptionsOf vm;
    microvm = {
      inherit (vm) writableStoreOverlay;
      shares = storeShares vm ++ map shareOf (sharesOf vm).right;
      volumes = lib.imap0 (
        position: volume: { image = placeholderOf position volume; } // guestPartOfVolume volume
      ) vm.volumes;
    };
  };

  # The other options of a VM of a shared guest.
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
            { inherit (volume) image; } // vmPartOfVolume volume
          )
        ) vm.volumes
      );
      links = linksOf vm;
      inherit (vm) nameservers;
    }
    // lib.optionalAttrs (vm.machineId != "") { inherit (vm) machineId; };
}
