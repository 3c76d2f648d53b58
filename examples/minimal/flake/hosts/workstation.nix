# The network and the microVMs of workstation.
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
  # alice as this host declares it. Guests and shares use the same ids.
  hostUser = import ../lib/host-user.nix { inherit config lib; } {
    name = "alice";
    homeDirectory = "/home/alice";
  };
  specialArgs = { inherit inputs pkgsUnstable hostUser; };

  evaluateGuest = import ../lib/evaluate-guest.nix { inherit inputs pkgs; };
  startVm = import ../lib/start-vm.nix { inherit inputs lib; };
  # What a guest writes to such a share is alice's on the host, also as root.
  squash = import ../lib/squash.nix { inherit (hostUser) uid gid; };
  # Each is evaluated once, however many VMs it has.
  guests = builtins.mapAttrs evaluateGuest {
    projectvm = {
      inherit specialArgs;
      modules = [ ../guests/workstation/projectvm.nix ];
    };
  };
in
{
  imports = [
    (import ../modules/microvm-host.nix inputs.microvm)
    hostUser.module
    (import ../modules/vm-units.nix { projectvm.imagesMiB."var.img" = 8192; })
    (import ../modules/networkd.nix {
      links = [
        "microbr"
        "microvm*"
      ];
    })
    (import ../modules/policy.nix {
      bridges = [ "microbr" ];
      masquerade = [ "192.168.83.0/24" ];
      vms = {
        projectvm = {
          network = "internet";
          links = [
            {
              tap = "microvm0";
              bridge = "microbr";
              mac = "02:00:00:00:00:01";
              addresses = [ "192.168.83.2" ];
            }
          ];
        };
      };
    })
    (import ../modules/vm-state.nix hostUser {
      projectvm = {
        directories = {
          "/home/alice/claude-microvm" = "0700 ${hostUser.ids}";
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/projectvm" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/projectvm" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/projectvm";
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
      matchConfig.Name = "microvm0";
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

  microvm.vms = {
    projectvm = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "projectvm";
        guest = guests.projectvm;
        microvm = {
          vcpu = 8;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 3;
          interfaces = [
            {
              type = "tap";
              id = "microvm0";
              mac = "02:00:00:00:00:01";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/projectvm";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "claude-credentials";
              source = "/home/alice/claude-microvm";
              mountPoint = "/home/alice/claude-microvm";
            })
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/projectvm";
              mountPoint = "/home/alice/microvm/projectvm";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:01

          [Network]
          Address=192.168.83.2/24
          DNS=8.8.8.8
          DNS=1.1.1.1

          [Route]
          Gateway=192.168.83.1
        '';
      };
    };
  };
}
