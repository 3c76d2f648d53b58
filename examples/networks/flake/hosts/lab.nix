# The network and the microVMs of lab.
{ inputs }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  # alice as this host declares it. Guests and shares use the same ids.
  hostUser = import ../lib/host-user.nix { inherit config lib; } {
    name = "alice";
    homeDirectory = "/home/alice";
  };
  specialArgs = { inherit inputs hostUser; };

  evaluateGuest = import ../lib/evaluate-guest.nix { inherit inputs pkgs; };
  startVm = import ../lib/start-vm.nix { inherit inputs lib; };
  # What a guest writes to such a share is alice's on the host, also as root.
  squash = import ../lib/squash.nix { inherit (hostUser) uid gid; };
  # Each is evaluated once, however many VMs it has.
  guests = builtins.mapAttrs evaluateGuest {
    alone = {
      inherit specialArgs;
      modules = [ ../guests/lab/alone.nix ];
    };
    forwarded = {
      inherit specialArgs;
      modules = [ ../guests/lab/forwarded.nix ];
    };
  };
in
{
  imports = [
    (import ../modules/microvm-host.nix inputs.microvm)
    hostUser.module
    (import ../modules/vm-units.nix {
      alone.imagesMiB."var.img" = 8192;
      beside.imagesMiB."var.img" = 8192;
      forwarded.imagesMiB."var.img" = 8192;
      gateway.imagesMiB."var.img" = 8192;
      isolated.imagesMiB."var.img" = 8192;
      leased.imagesMiB."var.img" = 8192;
      routed.imagesMiB."var.img" = 8192;
    })
    (import ../modules/networkd.nix {
      links = [
        "br0"
        "microvm1-1"
        "microvm3"
        "microvm5"
        "br0.10"
        "microvm4"
        "lan"
        "enp2s0"
        "microvm3-1"
        "microvm6"
      ];
      hasPorts = true;
    })
    (import ../modules/policy.nix {
      bridges = [
        "br0"
        "lan"
      ];
      ports = [ "enp2s0" ];
      masquerade = [ "10.9.0.0/24" ];
      vms = {
        beside = {
          network = "open";
          links = [
            {
              tap = "microvm1-1";
              bridge = "br0";
              mac = "02:01:00:00:00:02";
              addresses = [
                "192.168.83.20"
                "fd00:83::20"
              ];
              local = [ "fe80::1:ff:fe00:2" ];
              neighbors = [
                "0xfd000083000000000000000000000020"
                "0xfe80000000000000000100fffe000002"
              ];
            }
          ];
        };
        gateway = {
          network = "open";
          links = [
            {
              tap = "microvm3";
              bridge = "br0";
              mac = "02:00:00:00:00:04";
              addresses = [
                "192.168.83.5"
                "fd00:83::5"
              ];
              local = [ "fe80::ff:fe00:4" ];
              neighbors = [
                "0xfd000083000000000000000000000005"
                "0xfe80000000000000000000fffe000004"
              ];
            }
            {
              tap = "microvm3-1";
              bridge = "lan";
              lan = true;
              mac = "06:c7:26:d4:77:eb";
              addresses = [ ];
            }
          ];
        };
        isolated = {
          network = "internet";
          links = [
            {
              tap = "microvm4";
              bridge = "br0.10";
              master = "br0";
              mac = "02:00:00:00:00:05";
              addresses = [
                "192.168.10.6"
                "fd00:10::6"
              ];
              local = [ "fe80::ff:fe00:5" ];
              neighbors = [
                "0xfd000010000000000000000000000006"
                "0xfe80000000000000000000fffe000005"
              ];
            }
          ];
        };
        leased = {
          network = "internet";
          links = [
            {
              tap = "microvm5";
              bridge = "br0";
              mac = "02:00:00:00:00:06";
              addresses = [
                "192.168.83.7"
                "fd00:83::7"
              ];
              local = [ "fe80::ff:fe00:6" ];
              neighbors = [
                "0xfd000083000000000000000000000007"
                "0xfe80000000000000000000fffe000006"
              ];
            }
          ];
        };
        routed = {
          network = "internet";
          links = [
            {
              tap = "microvm6";
              mac = "02:00:00:00:00:07";
              addresses = [
                "10.9.0.8"
                "fd00:9::8"
              ];
              local = [ "fe80::ff:fe00:7" ];
              neighbors = [
                "0xfd000009000000000000000000000008"
                "0xfe80000000000000000000fffe000007"
              ];
            }
          ];
        };
      };
    })
    (import ../modules/vm-state.nix hostUser {
      alone = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/alone" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/alone" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/alone";
      };
      beside = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/beside" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/beside" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/beside";
      };
      forwarded = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/forwarded" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/forwarded" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/forwarded";
      };
      gateway = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/gateway" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/gateway" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/gateway";
      };
      isolated = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/isolated" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/isolated" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/isolated";
      };
      leased = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/leased" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/leased" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/leased";
      };
      routed = {
        directories = {
          "/home/alice/microvm" = "0755 ${hostUser.ids}";
          "/home/alice/microvm/routed" = "0755 ${hostUser.ids}";
          "/var/lib/microvm-host-keys/routed" = "0700 0:0";
        };
        sshHostKeys = "/var/lib/microvm-host-keys/routed";
      };
    })
  ];

  systemd.network = {

    netdevs."0-20-br0" = {
      netdevConfig = {
        Kind = "bridge";
        Name = "br0";
      };
      # A VM could name itself the querier, and IPv6 would no longer find the others.
      bridgeConfig.MulticastSnooping = false;
      # No port is in a VLAN that its own network does not name.
      bridgeConfig.VLANFiltering = true;
      bridgeConfig.DefaultPVID = "none";
    };
    networks."0-20-br0" = {
      matchConfig.Name = "br0";
      addresses = [
        { Address = "192.168.83.1/24"; }
        { Address = "fd00:83::1/64"; }
      ];
      networkConfig = {
        # The bridge has its address before the first VM runs.
        ConfigureWithoutCarrier = true;
        DHCPServer = true;
        VLAN = [ "br0.10" ];
      };
      dhcpServerConfig = {
        PoolOffset = 200;
        PoolSize = 50;
      };
      dhcpServerStaticLeases = [
        {
          MACAddress = "02:00:00:00:00:06";
          Address = "192.168.83.7";
        }
      ];
      bridgeVLANs = [
        {
          PVID = 1;
          EgressUntagged = 1;
        }
        { VLAN = 10; }
      ];
      linkConfig.RequiredForOnline = "no";
    };
    networks."0-21-br0-tap" = {
      matchConfig.Name = "microvm1-1 microvm3 microvm5";
      networkConfig.Bridge = "br0";
      bridgeVLANs = [
        {
          PVID = 1;
          EgressUntagged = 1;
        }
      ];
      linkConfig.RequiredForOnline = "no";
    };

    netdevs."0-20-br0.10" = {
      netdevConfig = {
        Kind = "vlan";
        Name = "br0.10";
      };
      vlanConfig.Id = 10;
    };
    networks."0-20-br0.10" = {
      matchConfig.Name = "br0.10";
      addresses = [
        { Address = "192.168.10.1/24"; }
        { Address = "fd00:10::1/64"; }
      ];
      # The VLAN has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
      linkConfig.RequiredForOnline = "no";
    };
    networks."0-21-br0.10-tap" = {
      matchConfig.Name = "microvm4";
      networkConfig.Bridge = "br0";
      bridgeVLANs = [
        {
          PVID = 10;
          EgressUntagged = 10;
        }
      ];
      # Nothing passes between these, not even while no rules are loaded.
      bridgeConfig.Isolated = true;
      linkConfig.RequiredForOnline = "no";
    };

    netdevs."0-20-lan" = {
      netdevConfig = {
        Kind = "bridge";
        Name = "lan";
      };
    };
    networks."0-20-lan" = {
      matchConfig.Name = "lan";
      networkConfig.DHCP = "ipv4";
    };
    networks."0-21-lan-tap" = {
      matchConfig.Name = "microvm3-1";
      networkConfig.Bridge = "lan";
      linkConfig.RequiredForOnline = "no";
    };
    networks."0-21-lan-port" = {
      matchConfig.Name = "enp2s0";
      networkConfig.Bridge = "lan";
    };

    networks."0-22-microvm6" = {
      matchConfig.Name = "microvm6";
      addresses = [
        { Address = "10.9.0.1/32"; }
        { Address = "fd00:9::1/128"; }
      ];
      routes = [
        { Destination = "10.9.0.8/32"; }
        { Destination = "fd00:9::8/128"; }
      ];
      networkConfig = {
        IPv4Forwarding = true;
        IPv6Forwarding = true;
      };
      linkConfig.RequiredForOnline = "no";
    };
  };

  # Keep dhcpcd and NetworkManager off the VMs' interfaces.
  networking.dhcpcd.denyInterfaces = [
    "br0"
    "microvm1-1"
    "microvm3"
    "microvm5"
    "br0.10"
    "microvm4"
    "lan"
    "enp2s0"
    "microvm3-1"
    "microvm6"
    "microvm1"
  ];
  networking.networkmanager.unmanaged = [
    "interface-name:br0"
    "interface-name:microvm1-1"
    "interface-name:microvm3"
    "interface-name:microvm5"
    "interface-name:br0.10"
    "interface-name:microvm4"
    "interface-name:lan"
    "interface-name:enp2s0"
    "interface-name:microvm3-1"
    "interface-name:microvm6"
    "interface-name:microvm1"
  ];

  networking.nat = {
    enable = true;
    enableIPv6 = true;
    internalInterfaces = [ "br0" ];
    externalInterface = "wan0";
  };

  networking.firewall.interfaces.br0.allowedUDPPorts = [ 67 ];

  microvm.vms = {
    alone = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "alone";
        guest = guests.alone;
        microvm = {
          vcpu = 8;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 3;
          interfaces = [ ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/alone";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/alone";
              mountPoint = "/home/alice/microvm/alone";
            })
          ];
        };
        volumes."var.img".size = 8192;
      };
    };
    beside = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "beside";
        guest = guests.alone;
        microvm = {
          vcpu = 8;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 4;
          interfaces = [
            {
              type = "macvtap";
              id = "microvm1";
              mac = "06:15:8b:4b:c2:a7";
              macvtap = {
                link = "enp3s0";
                mode = "bridge";
              };
            }
            {
              type = "tap";
              id = "microvm1-1";
              mac = "02:01:00:00:00:02";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/beside";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/beside";
              mountPoint = "/home/alice/microvm/beside";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks = {
          "10-e" = ''
            [Match]
            PermanentMACAddress=06:15:8b:4b:c2:a7

            [Network]
            DHCP=ipv4
            DNS=8.8.8.8
            DNS=1.1.1.1
          '';
          "10-e1" = ''
            [Match]
            PermanentMACAddress=02:01:00:00:00:02

            [Network]
            Address=192.168.83.20/24
            Address=fd00:83::20/64
          '';
        };
      };
    };
    forwarded = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "forwarded";
        guest = guests.forwarded;
        microvm = {
          vcpu = 8;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 5;
          interfaces = [
            {
              type = "user";
              id = "microvm2";
              mac = "02:00:00:00:00:03";
            }
          ];
          forwardPorts = [
            {
              from = "host";
              proto = "tcp";
              host = {
                address = "127.0.0.1";
                port = 8080;
              };
              guest = {
                port = 80;
              };
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/forwarded";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/forwarded";
              mountPoint = "/home/alice/microvm/forwarded";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:03

          [Network]
          DHCP=ipv4
          DNS=8.8.8.8
          DNS=1.1.1.1
        '';
      };
    };
    gateway = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "gateway";
        guest = guests.alone;
        microvm = {
          vcpu = 8;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 6;
          interfaces = [
            {
              type = "tap";
              id = "microvm3";
              mac = "02:00:00:00:00:04";
            }
            {
              type = "tap";
              id = "microvm3-1";
              mac = "06:c7:26:d4:77:eb";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/gateway";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/gateway";
              mountPoint = "/home/alice/microvm/gateway";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks = {
          "10-e" = ''
            [Match]
            PermanentMACAddress=02:00:00:00:00:04

            [Network]
            Address=192.168.83.5/24
            Address=fd00:83::5/64
            DNS=8.8.8.8
            DNS=1.1.1.1

            [Route]
            Gateway=192.168.83.1

            [Route]
            Gateway=fd00:83::1
          '';
          "10-e1" = ''
            [Match]
            PermanentMACAddress=06:c7:26:d4:77:eb

            [Network]
            DHCP=ipv4

            [DHCPv4]
            UseGateway=false
          '';
        };
      };
    };
    isolated = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "isolated";
        guest = guests.alone;
        microvm = {
          vcpu = 8;
          mem = 4096;
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
              source = "/var/lib/microvm-host-keys/isolated";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/isolated";
              mountPoint = "/home/alice/microvm/isolated";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:05

          [Network]
          Address=192.168.10.6/24
          Address=fd00:10::6/64
          DNS=8.8.8.8
          DNS=1.1.1.1

          [Route]
          Gateway=192.168.10.1

          [Route]
          Gateway=fd00:10::1
        '';
      };
    };
    leased = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "leased";
        guest = guests.alone;
        microvm = {
          vcpu = 8;
          mem = 4096;
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
              source = "/var/lib/microvm-host-keys/leased";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/leased";
              mountPoint = "/home/alice/microvm/leased";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:06

          [Network]
          DHCP=ipv4
          Address=fd00:83::7/64
          DNS=8.8.8.8
          DNS=1.1.1.1

          [DHCPv4]
          ClientIdentifier=mac

          [Route]
          Gateway=fd00:83::1
        '';
      };
    };
    routed = {
      autostart = false;
      restartIfChanged = false;
      evaluatedConfig = startVm {
        name = "routed";
        guest = guests.alone;
        microvm = {
          vcpu = 8;
          mem = 4096;
          socket = "control.socket";
          vsock.cid = 9;
          interfaces = [
            {
              type = "tap";
              id = "microvm6";
              mac = "02:00:00:00:00:07";
            }
          ];
          shares = [
            {
              proto = "virtiofs";
              tag = "ssh-keys";
              source = "/var/lib/microvm-host-keys/routed";
              mountPoint = "/etc/ssh/host-keys";
              readOnly = true;
            }
            (squash {
              proto = "virtiofs";
              tag = "workspace";
              source = "/home/alice/microvm/routed";
              mountPoint = "/home/alice/microvm/routed";
            })
          ];
        };
        volumes."var.img".size = 8192;
        networks."10-e" = ''
          [Match]
          PermanentMACAddress=02:00:00:00:00:07

          [Network]
          Address=10.9.0.8/32
          Address=fd00:9::8/128
          DNS=8.8.8.8
          DNS=1.1.1.1

          [Route]
          Gateway=10.9.0.1
          GatewayOnLink=true

          [Route]
          Gateway=fd00:9::1
          GatewayOnLink=true
        '';
      };
    };
  };
}
