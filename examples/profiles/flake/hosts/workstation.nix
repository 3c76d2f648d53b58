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
    apivm = {
      inherit specialArgs;
      modules = [ ../guests/workstation/apivm.nix ];
    };
    batchvm = {
      inherit specialArgs;
      modules = [ ../guests/workstation/batchvm.nix ];
    };
    labvm = {
      inherit specialArgs;
      modules = [ ../guests/workstation/labvm.nix ];
    };
  };
in
{
  imports = [
    (import ../modules/microvm-host.nix inputs.microvm)
    hostUser.module
    (import ../modules/vm-units.nix {
      apivm.imagesMiB."var.img" = 8192;
      batchvm.imagesMiB."var.img" = 8192;
      labvm.imagesMiB."var.img" = 8192;
    })
    (import ../modules/networkd.nix {
      links = [
        "labbr"
        "microvm2"
        "microbr"
        "microvm0"
        "microvm1"
      ];
    })
    (import ../modules/policy.nix {
      bridges = [
        "labbr"
        "microbr"
      ];
      masquerade = [ "192.168.83.0/24" ];
      vms = {
        apivm = {
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
        batchvm = {
          network = "internet";
          links = [
            {
              tap = "microvm1";
              bridge = "microbr";
              mac = "02:00:00:00:00:02";
              addresses = [ "192.168.83.3" ];
            }
          ];
        };
        labvm = {
          network = "internet";
          links = [
            {
              tap = "microvm2";
              bridge = "labbr";
              mac = "02:00:00:00:00:03";
              addresses = [ "192.168.84.4" ];
            }
          ];
        };
      };
    })
    (import ../modules/vm-state.nix hostUser {
      apivm = {
        directories = {
          "/home/alice/agents" = "0755 ${hostUser.ids}";
          "/home/alice/agents/api" = "0700 ${hostUser.ids}";
          "/home/alice/src" = "0755 ${hostUser.ids}";
          "/home/alice/src/api" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/apivm" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/apivm";
      };
      batchvm = {
        directories = {
          "/home/alice/agents" = "0755 ${hostUser.ids}";
          "/home/alice/agents/batch" = "0700 ${hostUser.ids}";
          "/home/alice/src" = "0755 ${hostUser.ids}";
          "/home/alice/src/batch" = "0755 ${hostUser.ids}";
          "/srv/events" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/batchvm" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/batchvm";
      };
      labvm = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/labvm" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/labvm" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/labvm";
      };
    })
  ];

  systemd.network = {

    netdevs."0-20-labbr" = {
      netdevConfig = {
        Kind = "bridge";
        Name = "labbr";
      };
      # A VM could name itself the querier, and IPv6 would no longer find the others.
      bridgeConfig.MulticastSnooping = false;
    };
    networks."0-20-labbr" = {
      matchConfig.Name = "labbr";
      addresses = [ { Address = "192.168.84.1/24"; } ];
      # The bridge has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
      linkConfig.RequiredForOnline = "no";
    };
    networks."0-21-labbr-tap" = {
      matchConfig.Name = "microvm2";
      networkConfig.Bridge = "labbr";
      # Nothing passes between these, not even while no rules are loaded.
      bridgeConfig.Isolated = true;
      linkConfig.RequiredForOnline = "no";
    };

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
      matchConfig.Name = "microvm0 microvm1";
      networkConfig.Bridge = "microbr";
      # Nothing passes between these, not even while no rules are loaded.
      bridgeConfig.Isolated = true;
      linkConfig.RequiredForOnline = "no";
    };
  };

  # Keep dhcpcd and NetworkManager off the VMs' interfaces.
  networking.dhcpcd.denyInterfaces = [
    "labbr"
    "microvm2"
    "microbr"
    "microvm0"
    "microvm1"
  ];
  networking.networkmanager.unmanaged = [
    "interface-name:labbr"
    "interface-name:microvm2"
    "interface-name:microbr"
    "interface-name:microvm0"
    "interface-name:microvm1"
  ];

  microvm.vms = {
    apivm = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "apivm";
        guest = guests.apivm;
        microvm = {
          vcpu = 4;
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
              source = "/var/lib/microvm-host-keys/apivm";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "claude-credentials";
              source = "/home/alice/agents/api";
              mountPoint = "/home/alice/agents/api";
            })
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/src/api";
              mountPoint = "/home/alice/src/api";
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
    batchvm = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "batchvm";
        guest = guests.batchvm;
        microvm = {
          vcpu = 4;
          mem = 16384;
          socket = "control.socket";
          vsock.cid = 4;
          interfaces = [
            {
              type = "tap";
              id = "microvm1";
              mac = "02:00:00:00:00:02";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/batchvm";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "claude-credentials";
              source = "/home/alice/agents/batch";
              mountPoint = "/home/alice/agents/batch";
            })
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/src/batch";
              mountPoint = "/home/alice/src/batch";
            })
            {
              proto = "virtiofs";
              tag = "data-0";
              source = "/srv/events";
              mountPoint = "/srv/events";
              readOnly = true;
            }
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:02

          [Network]
          Address=192.168.83.3/24
          DNS=8.8.8.8
          DNS=1.1.1.1

          [Route]
          Gateway=192.168.83.1
        '';
      };
    };
    labvm = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "labvm";
        guest = guests.labvm;
        microvm = {
          vcpu = 2;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 5;
          interfaces = [
            {
              type = "tap";
              id = "microvm2";
              mac = "02:00:00:00:00:03";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/labvm";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/labvm";
              mountPoint = "/home/alice/microvm/labvm";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:03

          [Network]
          Address=192.168.84.4/24

          [Route]
          Gateway=192.168.84.1
        '';
      };
    };
  };
}
