# Options for the networks of VMs.
{ lib, ... }:
let
  inherit (lib) mkOption types;

  # For bridges, VLANs and the routed network.
  network.options = {
    addresses = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "192.168.83.1/24" ];
      description = "Addresses of the host in this network, with prefix length. At most one IPv4 and one IPv6 address.";
    };
    nat = {
      enable = lib.mkEnableOption "NAT, which lets VMs reach other networks with an address of the host";
      externalInterface = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "eno1";
        description = "External interface for NAT. With null, the routes of the host choose the interface. `publish` of a VM needs an interface.";
      };
      ipv6 = mkOption {
        type = types.bool;
        default = false;
        description = "Whether to use NAT for IPv6 too (NAT66).";
      };
    };
  };

  # For bridges and VLANs.
  switched.options = {
    gateway = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "192.168.1.1";
      description = "IPv4 gateway of this network. With null, the host is the gateway for IPv4 and IPv6.";
    };
    dhcp = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the host gets its IPv4 address in this network by DHCP, from a server in the LAN.";
    };
    dhcpServer = mkOption {
      type = types.nullOr (types.attrsOf types.raw);
      default = null;
      example = {
        PoolOffset = 200;
        PoolSize = 50;
      };
      description = "Settings of the host's DHCP server (section `[DHCPServer]` of systemd.network(5)). Null for no server.";
    };
  };

  bridge.options = {
    ports = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "enp2s0" ];
      description = "Interfaces of the host to attach to the bridge. VMs are then machines in the LAN of these interfaces.";
    };
    existing = mkOption {
      type = types.bool;
      default = false;
      description = "Whether another program or module creates the bridge, such as libvirt or `networking.bridges`. This module then only attaches taps to it.";
    };
    isLan = mkOption {
      type = types.bool;
      default = false;
      description = "Whether an `existing` bridge also connects machines that are not VMs. A bridge with `ports` always does.";
    };
  };

  vlan.options = {
    bridge = mkOption {
      type = types.str;
      example = "br0";
      description = "Attribute name of the bridge in `microvm-emit.bridges`.";
    };
    id = mkOption {
      type = types.ints.between 1 4094;
      example = 10;
      description = "VLAN id.";
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
    ] "Bridges for VMs, by interface name.";
    vlans = named [
      network
      switched
      vlan
    ] "VLANs of bridges, by name of the host's VLAN interface, such as `\"br0.10\"`.";
    routed = mkOption {
      type = types.nullOr (types.submodule [ network ]);
      default = null;
      description = "Network of taps without a bridge. The host has a route to each VM.";
    };
  };
}
