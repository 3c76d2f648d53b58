# Options of a VM. Its NixOS configuration is `config`, or a shared one in `microvm-emit.guests`.
{ lib }:
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
  text =
    default: description:
    mkOption {
      type = types.str;
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
      description = "Type of the interface, as in `microvm.interfaces`. Network policies apply to taps only.";
    };
    id = mkOption {
      type = types.str;
      example = "microvm4";
      description = "Name of the interface on the host, at most 15 characters. With the prefix `microvm`, the policy also covers a VM that still runs after you removed it from the configuration.";
    };
    mac = mkOption {
      type = types.strMatching "([0-9a-f]{2}:){5}[0-9a-f]{2}";
      example = "02:00:00:00:00:05";
      description = "MAC address of the VM in lower case, unique on the host. Addresses that begin with `02` are for local use.";
    };
    bridge = maybe types.str "Attribute name in `microvm-emit.bridges` or `microvm-emit.vlans`. A tap with `null` belongs to `microvm-emit.routed`.";
    addresses = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "192.168.83.6/24" ];
      description = "IPv4 and IPv6 addresses of the VM, with the prefix length of the network.";
    };
    dhcp = flag false "Whether the VM gets its IPv4 address by DHCP. If `addresses` contains an IPv4 address, the host's DHCP server has a static lease for it.";
    gateways = mkOption {
      type = types.nullOr (types.listOf types.str);
      default = null;
      description = "Default gateways of the VM. Defaults to the `gateway` of its network, or without one to the host's addresses in the network.";
    };
    macvtap = mkOption {
      type = types.nullOr (types.attrsOf types.str);
      default = null;
      example = {
        link = "eno1";
        mode = "bridge";
      };
      description = "`link` and `mode` of an interface of type `macvtap`, as in `microvm.interfaces.*.macvtap`.";
    };
    vhost = flag false "Whether the kernel of the host handles packets (vhost-net). Only for QEMU.";
  };

  share = record {
    tag = mkOption {
      type = types.str;
      example = "workspace";
      description = "Name of the share, unique in the VM.";
    };
    source = mkOption {
      type = types.str;
      example = "/home/alice/project";
      description = "Folder of the host. If it is missing, the host creates it for the user before the VM starts.";
    };
    mountPoint = maybe types.str "Mount point in the guest. Defaults to `source`.";
    mode = text "0755" "Permissions of `source` if the host creates it.";
    proto = mkOption {
      type = types.enum [
        "virtiofs"
        "9p"
      ];
      default = "virtiofs";
      description = "Protocol of the share, as in `microvm.shares`.";
    };
    readOnly = flag false "Whether the share is read-only in the guest.";
    owners = mkOption {
      type = types.enum [
        "squash"
        "guest"
      ];
      default = "squash";
      description = ''
        Owner of files that the guest creates.

        - `"squash"`: always `microvm-emit.user`.
        - `"guest"`: the uid and gid of the guest's process. Root in the guest can then create setuid programs and devices on the host.
      '';
    };
    neededForBoot = flag false "Whether the guest mounts the share in its initrd.";
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
      description = "Image file, relative to the folder of the VM (`/var/lib/microvms/NAME`).";
    };
    mountPoint = maybe types.str "Mount point in the guest. With null, the guest does not mount the volume.";
    sizeMiB = maybe types.ints.positive "Size of the image in MiB, required to create it. A larger size grows an existing image at the next start; images never shrink.";
    fsType = text "ext4" "Type of the filesystem.";
    readOnly = flag false "Whether the volume is read-only in the guest.";
    neededForBoot = flag false "Whether the guest mounts the volume in its initrd.";
    autoCreate = flag true "Whether the host creates a missing image.";
    label = maybe types.str "Label of the filesystem.";
    serial = maybe types.str "Serial number of the disk, as in `microvm.volumes`.";
    direct = flag false "Whether writes bypass the page cache of the host.";
    imageType = maybe types.str "Format of the image, as in `microvm.volumes`.";
    mkfsExtraArgs = many types.str "Arguments of mkfs.";
  };

  repository = record {
    mountPoint = text "/workspace" "Folder of the repository in the guest. A volume at this folder, or above it, keeps the repository at a restart.";
    clone = maybe types.str "Clone of the user for `microvm-emit push` and `fetch`: an absolute path, or one below `~/`. The VM cannot see it. With null, the commands use the clone in the current directory.";
  };

  secret =
    let
      file = types.either types.path types.str;
    in
    types.coercedTo file (file: { inherit file; }) (record {
      file = mkOption {
        type = file;
        example = literalExpression "config.age.secrets.github.path";
        description = "File of the host with the secret. The host reads it as root at each start of the VM.";
      };
      variable = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "GITHUB_TOKEN";
        description = "Environment variable with the secret, in shells of the guest; null for none.";
      };
    })
    // {
      description = "attribute set, string or path";
    };

  renamed = record {
    from = mkOption {
      type = types.str;
      example = "oldvm";
      description = "Former name of the VM.";
    };
    folders = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "/var/lib/microvm-host-keys" ];
      description = "Parent folders of the folders named after the VM, in addition to `microvm.stateDir`.";
    };
  };

  limits = record {
    cpuPercent = maybe types.ints.positive "CPU time in percent; 100 is one CPU (`CPUQuota`). Null for no limit.";
    memoryMiB = maybe types.ints.positive "Memory of the hypervisor process in MiB (`MemoryMax`); must be larger than `microvm.mem`. Null for no limit.";
    ioWeight = maybe (types.ints.between 1 10000) "Weight of disk access, compared with other VMs (`IOWeight`). Null means 100.";
    tasks = maybe types.ints.positive "Number of threads (`TasksMax`). Null means 4096.";
  };
in
{
  config = mkOption {
    type = types.deferredModule;
    default = { };
    example = literalExpression ''
      {
        microvm = {
          hypervisor = "cloud-hypervisor";
          mem = 4096;
          vcpu = 4;
        };
        users.users.alice.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA… alice@workstation" ];
        system.stateVersion = "26.05";
      }
    '';
    description = "NixOS configuration of this VM, as in `microvm.vms.<name>.config`. The options of the section \"Guest\" are available there. By default, microvm.nix gives a VM 512 MiB of memory and one CPU. The guest runs sshd, which accepts keys only.";
  };
  guest = maybe types.str "Attribute name in `microvm-emit.guests`. The VM then shares this NixOS configuration with other VMs, and `config` is unused.";
  specialArgs = mkOption {
    type = types.attrsOf types.raw;
    default = { };
    example = literalExpression "{ team = \"web\"; }";
    description = "Arguments for the modules in `config`, in addition to `microvm-emit.specialArgs`.";
  };
  packageSet = mkOption {
    type = types.attrsOf types.raw;
    default = { };
    example = literalExpression "{ nixpkgs = inputs.nixpkgs-unstable; }";
    description = "`pkgs` and `nixpkgs` as in `microvm.vms`. Defaults to those of the host.";
  };

  autostart = flag false "Whether the VM starts when the host boots.";
  restartIfChanged = flag false "Whether `nixos-rebuild switch` restarts the VM if its configuration changed.";

  renamed = mkOption {
    type = types.nullOr renamed;
    default = null;
    example = {
      from = "oldvm";
      folders = [ "/home/alice/microvm" ];
    };
    description = "Former name of the VM. When the host switches, it stops the VM of this name and renames its folders, unless they exist under the new name.";
  };

  interfaces = mkOption {
    type = types.listOf interface;
    default = [ ];
    example = [
      {
        id = "microvm0";
        mac = "02:00:00:00:00:01";
        bridge = "microbr";
        addresses = [ "192.168.83.2/24" ];
      }
    ];
    description = "Network interfaces of the VM. The default route uses the first one.";
  };
  vsockCid = mkOption {
    type = types.nullOr (types.ints.between 3 4294967294);
    default = null;
    example = 5;
    description = "CID of the VM for vsock, unique on the host (`microvm.vsock.cid`); null for no vsock.";
  };
  socket = mkOption {
    type = types.nullOr types.str;
    default = "control.socket";
    description = "Control socket of the hypervisor, relative to the folder of the VM; null for none.";
  };
  shares = mkOption {
    type = types.listOf share;
    default = [ ];
    example = [
      {
        tag = "workspace";
        source = "/home/alice/project";
      }
    ];
    description = "Folders of the host that the guest mounts.";
  };
  repository = mkOption {
    type = types.nullOr repository;
    default = null;
    example = {
      clone = "~/src/project";
    };
    description = "Git repository in the guest that the agent works in, instead of a shared folder.";
  };
  shareStore = flag true "Whether the guest uses the Nix store of the host, read-only. Otherwise microvm.nix builds a disk image with the guest's store.";
  volumes = mkOption {
    type = types.listOf volume;
    default = [ ];
    example = [
      {
        image = "var.img";
        mountPoint = "/var";
        sizeMiB = 8192;
      }
    ];
    description = "Disk images of the VM.";
  };
  writableStoreOverlay = mkOption {
    type = types.nullOr types.str;
    default = "/nix/.rw-store";
    description = "Folder in the guest for store paths that it builds or downloads (`microvm.writableStoreOverlay`); null makes the store read-only.";
  };
  sshHostKeys = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "/var/lib/microvm-host-keys/projectvm";
    description = "Folder of the host for the SSH host key of the guest. The host creates folder and key before the first start. With null, the guest generates a key.";
  };
  secrets = mkOption {
    type = types.attrsOf secret;
    default = { };
    example = literalExpression ''
      {
        npm = "/run/secrets/npm";
        github = {
          file = "/run/secrets/github";
          variable = "GITHUB_TOKEN";
        };
      }
    '';
    description = "Secrets for the user of the guest, by name. Each one is a file in `/run/microvm-secrets` of the guest that only this user can read. A string alone is the file of the host.";
  };
  environment = mkOption {
    type = types.attrsOf types.str;
    default = { };
    example = {
      EDITOR = "vim";
    };
    description = "Environment variables in shells of this VM.";
  };
  machineId = mkOption {
    type = types.nullOr types.str;
    default = "";
    defaultText = literalExpression "derived from the VM's name, as in microvm.nix";
    description = "Machine id of the guest (machine-id(5)); null for a new one at each boot.";
  };
  limits = mkOption {
    type = limits;
    default = { };
    example = {
      cpuPercent = 400;
      memoryMiB = 6144;
    };
    description = "Resource limits of the VM on its host (systemd.resource-control(5)).";
  };
  microvm = mkOption {
    type = types.attrsOf types.raw;
    default = { };
    example = {
      vcpu = 8;
      mem = 4096;
    };
    description = "Options of microvm.nix in which this VM differs from others of its `guest`. `lib.mkForce` has no effect in it. Without `guest`, use `config.microvm`.";
  };
}
