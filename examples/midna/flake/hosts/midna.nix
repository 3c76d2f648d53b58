# The network and the microVMs of midna.
{ inputs }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  # One set for all guests, since each import costs an evaluation of its own.
  pkgsUnstable = import inputs.nixpkgs-unstable {
    inherit (pkgs.stdenv.hostPlatform) system;
    config.allowUnfreePredicate = package: builtins.elem (lib.getName package) [ "claude-code" ];
  };
  # michael as this host declares it. Guests and shares use the same ids.
  hostUser = import ../lib/host-user.nix { inherit config lib; } {
    name = "michael";
    homeDirectory = "/home/michael";
  };
  specialArgs = { inherit inputs pkgsUnstable hostUser; };

  evaluateGuest = import ../lib/evaluate-guest.nix { inherit inputs pkgs; };
  startVm = import ../lib/start-vm.nix { inherit inputs lib; };
  # What a guest writes to such a share is michael's on the host, also as root.
  squash = import ../lib/squash.nix { inherit (hostUser) uid gid; };
  # Each is evaluated once, however many VMs it has.
  guests = builtins.mapAttrs evaluateGuest {
    emacsvm = {
      inherit specialArgs;
      modules = [ ../guests/midna/emacsvm.nix ];
    };
    goprotobufvm = {
      inherit specialArgs;
      modules = [ ../guests/midna/goprotobufvm.nix ];
    };
  };
in
{
  imports = [
    (import ../modules/microvm-host.nix inputs.microvm)
    hostUser.module
    (import ../modules/vm-units.nix {
      emacsvm.imagesMiB."var.img" = 8192;
      goprotobufvm.imagesMiB."var.img" = 8192;
    })
    (import ../modules/networkd.nix {
      links = [
        "microbr"
        "microvm*"
      ];
    })
    (import ../modules/policy.nix {
      bridges = [ "microbr" ];
      vms = {
        emacsvm = {
          network = "internet";
          links = [
            {
              tap = "microvm4";
              bridge = "microbr";
              mac = "02:00:00:00:00:05";
              addresses = [ "192.168.83.6" ];
            }
          ];
        };
        goprotobufvm = {
          network = "internet";
          links = [
            {
              tap = "microvm5";
              bridge = "microbr";
              mac = "02:00:00:00:00:06";
              addresses = [ "192.168.83.7" ];
            }
          ];
        };
      };
    })
    (import ../modules/vm-state.nix hostUser {
      emacsvm = {
        directories = {
          "/home/michael/claude-microvm" = "0700 ${hostUser.ids}";
          "/home/michael/microvm" = "0755 ${hostUser.ids}";
          "/home/michael/microvm/emacs" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/emacsvm" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/emacsvm";
      };
      goprotobufvm = {
        directories = {
          "/home/michael/claude-microvm" = "0700 ${hostUser.ids}";
          "/home/michael/microvm" = "0755 ${hostUser.ids}";
          "/home/michael/microvm/goprotobuf" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/goprotobufvm" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/goprotobufvm";
      };
    })
  ];

  systemd.network = {

    netdevs."0-20-microbr" = {
      netdevConfig = {
        Kind = "bridge";
        Name = "microbr";
      };
      # A VM could name itself the querier, and IPv6 would no longer find the others.
      bridgeConfig.MulticastSnooping = false;
    };
    networks."0-20-microbr" = {
      matchConfig.Name = "microbr";
      addresses = [ { Address = "192.168.83.1/24"; } ];
      # The bridge has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
      linkConfig.RequiredForOnline = "no";
    };
    networks."0-21-microbr-tap" = {
      matchConfig.Name = "microvm4 microvm5";
      networkConfig.Bridge = "microbr";
      # Nothing passes between these, not even while no rules are loaded.
      bridgeConfig.Isolated = true;
      linkConfig.RequiredForOnline = "no";
    };
  };

  # Keep dhcpcd and NetworkManager off the VMs' interfaces.
  networking.dhcpcd.denyInterfaces = [
    "microbr"
    "microvm*"
  ];
  networking.networkmanager.unmanaged = [
    "interface-name:microbr"
    "interface-name:microvm*"
  ];

  networking.nat = {
    enable = true;
    internalInterfaces = [ "microbr" ];
    externalInterface = "eno1";
  };

  microvm.vms = {
    emacsvm = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "emacsvm";
        guest = guests.emacsvm;
        microvm = {
          socket = "control.socket";
          vsock.cid = 7;
          interfaces = [
            {
              type = "tap";
              id = "microvm4";
              mac = "02:00:00:00:00:05";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/emacsvm";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "claude-credentials";
              source = "/home/michael/claude-microvm";
              mountPoint = "/home/michael/claude-microvm";
            })
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/michael/microvm/emacs";
              mountPoint = "/home/michael/microvm/emacs";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:05

          [Network]
          Address=192.168.83.6/24
          DNS=8.8.8.8
          DNS=1.1.1.1

          [Route]
          Gateway=192.168.83.1
        '';
      };
    };
    goprotobufvm = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "goprotobufvm";
        guest = guests.goprotobufvm;
        microvm = {
          socket = "control.socket";
          vsock.cid = 8;
          interfaces = [
            {
              type = "tap";
              id = "microvm5";
              mac = "02:00:00:00:00:06";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/goprotobufvm";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "claude-credentials";
              source = "/home/michael/claude-microvm";
              mountPoint = "/home/michael/claude-microvm";
            })
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/michael/microvm/goprotobuf";
              mountPoint = "/home/michael/microvm/goprotobuf";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:06

          [Network]
          Address=192.168.83.7/24
          DNS=8.8.8.8
          DNS=1.1.1.1

          [Route]
          Gateway=192.168.83.1
        '';
      };
    };
  };
}
