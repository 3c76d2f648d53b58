# Options of a VM on its host. What its NixOS consists of is in `config`, or in the guest that it shares.
{ lib, ... }:
let
  inherit (lib) literalExpression mkOption types;
  record = import ../record.nix { inherit lib; };
  maybe =
    type: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description;
    };
  flag =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
    };
  many =
    type: description:
    mkOption {
      type = types.listOf type;
      default = [ ];
      inherit description;
    };

  interface = record {
    type = mkOption {
      type = types.enum [
        "tap"
        "macvtap"
        "bridge"
        "user"
      ];
      default = "tap";
      description = "Kind of the interface, as in `microvm.interfaces`. The network policy applies to taps.";
    };
    id = mkOption {
      type = types.str;
      example = "microvm4";
      description = "Name of the interface on the host.";
    };
    mac = mkOption {
      type = types.strMatching "([0-9a-f]{2}:){5}[0-9a-f]{2}";
      example = "02:00:00:00:00:05";
      description = "MAC address of the VM, in lower case.";
    };
    bridge = maybe types.str "Name in `microvm-emit.bridges` or `microvm-emit.vlans`. A tap without one is in `microvm-emit.routed`.";
    addresses = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "192.168.83.6/24" ];
      description = "Addresses of the VM, with prefix length.";
    };
    dhcp = flag false "Whether the VM asks for its IPv4 address. One in `addresses` is leased to it.";
    gateways = mkOption {
      type = types.nullOr (types.listOf types.str);
      default = null;
      description = "Routers of the VM. Defaults to those of its network.";
    };
    macvtap = maybe (types.attrsOf types.str) "`link` and `mode` of a macvtap interface.";
    vhost = flag false "Whether packets of the tap are handled in the kernel of the host.";
  };

  share = record {
    tag = mkOption {
      type = types.str;
      example = "workspace";
      description = "Unique name of the share.";
    };
    source = mkOption {
      type = types.str;
      example = "/home/alice/project";
      description = "Folder of the host. It is created before the VM starts.";
    };
    mountPoint = maybe types.str "Where the guest mounts it. Defaults to `source`.";
    mode = mkOption {
      type = types.str;
      default = "0755";
      description = "Mode of the folder if it is created.";
    };
    proto = mkOption {
      type = types.enum [
        "virtiofs"
        "9p"
      ];
      default = "virtiofs";
      description = "Protocol of the share.";
    };
    readOnly = flag false "Whether the guest may only read it.";
    owners = mkOption {
      type = types.enum [
        "squash"
        "guest"
      ];
      default = "squash";
      description = ''
        Owner of what the guest writes: always the user (`"squash"`), or whoever wrote it in the guest (`"guest"`), which lets root of the
        guest create setuid programs on the host.
      '';
    };
    neededForBoot = flag false "Whether the guest mounts it in its initrd.";
    cache = maybe types.str "As in `microvm.shares`.";
    securityModel = maybe types.str "As in `microvm.shares`.";
    posixAcl = maybe types.bool "As in `microvm.shares`.";
    socket = maybe types.str "As in `microvm.shares`.";
    extraArgs = many types.str "Arguments of virtiofsd.";
  };

  volume = record {
    image = mkOption {
      type = types.str;
      example = "var.img";
      description = "Image file, relative to the folder of the VM.";
    };
    mountPoint = maybe types.str "Where the guest mounts it.";
    sizeMiB = maybe types.ints.positive "Size of an image that is created. A larger size grows the image at the next start.";
    fsType = mkOption {
      type = types.str;
      default = "ext4";
      description = "Filesystem.";
    };
    readOnly = flag false "Whether the guest may only read it.";
    neededForBoot = flag false "Whether the guest mounts it in its initrd.";
    autoCreate = flag true "Whether the image is created if it does not exist.";
    label = maybe types.str "Label of the filesystem.";
    serial = maybe types.str "Serial number of the disk.";
    direct = flag false "Whether writes bypass the page cache of the host.";
    imageType = maybe types.str "Format of the image.";
    mkfsExtraArgs = many types.str "Arguments of mkfs.";
  };

  secret = record {
    file = mkOption {
      type = types.either types.path types.str;
      example = literalExpression "config.age.secrets.github.path";
      description = "File of the host. It is read at each start of the VM.";
    };
    variable = maybe types.str "Environment variable that shells of the guest read it into.";
  };

  limits = record {
    cpuPercent = maybe types.ints.positive "CPU time of the VM; 100 is one CPU (`CPUQuota`).";
    memoryMiB = maybe types.ints.positive "Memory of the hypervisor (`MemoryMax`).";
    ioWeight = maybe (types.ints.between 1 10000) "Weight of disk access among VMs (`IOWeight`).";
    tasks = maybe types.ints.positive "Number of threads (`TasksMax`).";
  };
in
{
  options = {
    config = mkOption {
      type = types.deferredModule;
      default = { };
      description = "NixOS configuration of this VM.";
    };
    guest = maybe types.str "Name in `microvm-emit.guests` of the NixOS that this VM shares with others, instead of `config`.";
    specialArgs = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      description = "Arguments of the modules in `config`, besides `microvm-emit.specialArgs`.";
    };
    packageSet = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      example = literalExpression "{ nixpkgs = inputs.nixpkgs-unstable; }";
      description = "`pkgs` and `nixpkgs` as in `microvm.vms`, if they are not those of the host.";
    };

    autostart = flag false "Whether the VM starts with the host.";
    restartIfChanged = flag false "Whether switching to a changed VM restarts it.";

    interfaces = many interface "Network interfaces; the first one has the default route.";
    vsockCid = maybe types.ints.positive "Unique number of the VM on the host for vsock.";
    socket = mkOption {
      type = types.nullOr types.str;
      default = "control.socket";
      description = "Control socket of the hypervisor, relative to the folder of the VM.";
    };
    shares = many share "Folders of the host that the guest mounts.";
    shareStore = flag true "Whether the guest mounts the Nix store of the host.";
    volumes = many volume "Disk images of the VM.";
    writableStoreOverlay = mkOption {
      type = types.nullOr types.str;
      default = "/nix/.rw-store";
      description = "Where the guest keeps what it writes to the Nix store; null makes the store read-only.";
    };
    sshHostKeys = maybe types.str "Folder of the host with the SSH host key of the guest. The key is created before the first start.";
    secrets = mkOption {
      type = types.attrsOf secret;
      default = { };
      example = literalExpression ''{ GITHUB_TOKEN.file = "/run/secrets/github"; }'';
      description = "Secrets that only the user can read in the guest, in `/run/microvm-secrets`.";
    };
    environment = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "Environment variables of this VM's shells.";
    };
    machineId = mkOption {
      type = types.nullOr types.str;
      default = "";
      defaultText = literalExpression "made of the VM's name, as by microvm.nix";
      description = "Machine id of the guest; null for a new one at each start.";
    };
    limits = mkOption {
      type = limits;
      default = { };
      description = "Limits of what the VM takes of its host (systemd.resource-control(5)).";
    };
    microvm = mkOption {
      type = types.attrsOf types.raw;
      default = { };
      example = {
        vcpu = 8;
        mem = 4096;
      };
      description = "Options of microvm.nix for this VM that its NixOS does not depend on.";
    };
  };
}
