# The network and the microVMs of lab.
{ inputs }:
{ config, lib, ... }:
let
  specialArgs = { inherit inputs; };
in
{
  imports = [
    inputs.microvm.nixosModules.host
    (import ../modules/vm-state.nix {
      name = "alone";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/alone" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/alone" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/alone";
    })
    (import ../modules/vm-state.nix {
      name = "beside";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/beside" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/beside" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/beside";
    })
    (import ../modules/vm-state.nix {
      name = "forwarded";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/forwarded" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/forwarded" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/forwarded";
    })
    (import ../modules/vm-state.nix {
      name = "gateway";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/gateway" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/gateway" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/gateway";
    })
    (import ../modules/vm-state.nix {
      name = "isolated";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/isolated" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/isolated" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/isolated";
    })
    (import ../modules/vm-state.nix {
      name = "leased";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/leased" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/leased" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/leased";
    })
    (import ../modules/vm-state.nix {
      name = "routed";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/routed" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/routed" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/routed";
    })
  ];

  systemd.network = {
    enable = true;
    # Beside another network manager, networkd has nothing here that ought to be online.
    wait-online.enable = lib.mkIf (
      config.networking.networkmanager.enable
      || config.networking.useDHCP && !config.networking.useNetworkd
    ) (lib.mkDefault false);

    netdevs."20-br0" = {
      netdevConfig = {
        Kind = "bridge";
        Name = "br0";
      };
      # No port is in a VLAN that its own network does not name.
      bridgeConfig = {
        VLANFiltering = true;
        DefaultPVID = "none";
      };
    };
    networks."20-br0" = {
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
    networks."21-br0-tap" = {
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

    netdevs."20-br0.10" = {
      netdevConfig = {
        Kind = "vlan";
        Name = "br0.10";
      };
      vlanConfig.Id = 10;
    };
    networks."20-br0.10" = {
      matchConfig.Name = "br0.10";
      addresses = [
        { Address = "192.168.10.1/24"; }
        { Address = "fd00:10::1/64"; }
      ];
      # The VLAN has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
      linkConfig.RequiredForOnline = "no";
    };
    networks."21-br0.10-tap" = {
      matchConfig.Name = "microvm4";
      networkConfig.Bridge = "br0";
      bridgeVLANs = [
        {
          PVID = 10;
          EgressUntagged = 10;
        }
      ];
      linkConfig.RequiredForOnline = "no";
    };

    netdevs."20-lan".netdevConfig = {
      Kind = "bridge";
      Name = "lan";
    };
    networks."20-lan" = {
      matchConfig.Name = "lan";
      networkConfig.DHCP = "ipv4";
    };
    networks."21-lan-tap" = {
      matchConfig.Name = "microvm3-1";
      networkConfig.Bridge = "lan";
      linkConfig.RequiredForOnline = "no";
    };
    networks."21-lan-port" = {
      matchConfig.Name = "enp2s0";
      networkConfig.Bridge = "lan";
    };

    networks."22-microvm6" = {
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

  # Whatever else runs the host's network leaves the VMs' to networkd.
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
    internalIPs = [ "10.9.0.0/24" ];
    externalInterface = "wan0";
  };

  networking.firewall.interfaces.br0.allowedUDPPorts = [ 67 ];

  microvm.vms = {
    alone = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/alone.nix ];
    };
    beside = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/beside.nix ];
    };
    forwarded = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/forwarded.nix ];
    };
    gateway = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/gateway.nix ];
    };
    isolated = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/isolated.nix ];
    };
    leased = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/leased.nix ];
    };
    routed = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/lab/routed.nix ];
    };
  };
}
