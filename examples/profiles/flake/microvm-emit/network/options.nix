# Options of the networks that VMs are in.
{ lib, ... }:
let
  inherit (lib) mkOption types;

  # What bridges, VLANs and the routed network have.
  network.options = {
    addresses = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "192.168.83.1/24" ];
      description = "Addresses of the host in this network, at most one of IPv4 and one of IPv6, with prefix length.";
    };
    nat = {
      enable = lib.mkEnableOption "NAT, which lets VMs out by the addresses of the host";
      externalInterface = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "eno1";
        description = "The only interface that NAT goes out by. By default the routes of the host decide.";
      };
      ipv6 = mkOption {
        type = types.bool;
        default = false;
        description = "Whether NAT includes IPv6.";
      };
    };
  };

  # What bridges and VLANs have.
  switched.options = {
    gateway = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "192.168.1.1";
      description = "IPv4 router of this network. By default the host is the router, also of IPv6.";
    };
    dhcp = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the host asks a DHCP server of this network for its IPv4 address.";
    };
    dhcpServer = mkOption {
      type = types.nullOr (types.attrsOf types.raw);
      default = null;
      example = {
        PoolOffset = 200;
        PoolSize = 50;
      };
      description = "Runs systemd-networkd's DHCP server with these settings of its section `[DHCPServer]`.";
    };
  };

  bridge.options = {
    ports = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "enp2s0" ];
      description = "Interfaces of the host that join the bridge.";
    };
    existing = mkOption {
      type = types.bool;
      default = false;
      description = "Whether something else makes the bridge, such as libvirt or `networking.bridges`.";
    };
    isLan = mkOption {
      type = types.bool;
      default = false;
      description = "Whether an existing bridge leads to other machines than VMs. A bridge with `ports` always does.";
    };
  };

  vlan.options = {
    bridge = mkOption {
      type = types.str;
      example = "br0";
      description = "The bridge that this is a VLAN of.";
    };
    id = mkOption {
      type = types.ints.between 1 4094;
      description = "Number of the VLAN.";
    };
  };

  named =
    modules: description:
    mkOption {
      type = types.attrsOf (types.submodule modules);
      default = { };
      inherit description;
    };
in
{
  options.microvm-emit = {
    bridges = named [
      network
      switched
      bridge
    ] "Bridges that VMs are in, by interface name.";
    vlans = named [
      network
      switched
      vlan
    ] "VLANs of bridges, by the name of the host's interface in them.";
    routed = mkOption {
      type = types.nullOr (types.submodule [ network ]);
      default = null;
      description = "The network of VMs that the host routes to without a bridge.";
    };
  };
}
