# Options for the network policy of a VM.
{ lib }:
let
  inherit (lib) mkOption types;
  record = import ../record.nix { inherit lib; };
  port = types.either types.port (types.strMatching "(tcp|udp)/[0-9]+") // {
    description = ''port, or string such as "udp/53"'';
  };
  address = "[0-9.]+(/[0-9]+)?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(/[0-9]+)?";
  domain = "([*][.])?[a-zA-Z0-9_-]+([.][a-zA-Z0-9_-]+)*";
  destination = types.strMatching "${address}|${domain}" // {
    description = "domain, IP address or subnet without port";
  };
  # A destination: its name, or a set with ports.
  destinationType =
    {
      type,
      example,
      to,
      ports,
    }:
    types.coercedTo types.str (name: { to = name; }) (record {
      to = mkOption {
        inherit example type;
        description = to;
      };
      ports = mkOption {
        type = types.nullOr (types.listOf port);
        default = null;
        example = [
          443
          "udp/443"
        ];
        description = ports;
      };
    })
    // {
      description = "attribute set or string";
    };
in
{
  network = mkOption {
    type = types.enum [
      "internet"
      "allowlist"
      "none"
      "open"
    ];
    default = "internet";
    description = ''
      Network policy of the VM. `allow`, `reachVms` and `reachHost` add destinations to it.

      - `"internet"`: all public addresses.
      - `"allowlist"`: only the added destinations. `allow` can contain domains, and a resolver on the host answers all DNS questions of the VM.
      - `"none"`: only the added destinations. `allow` can contain addresses, but no domains.
      - `"open"`: everything. The host enforces no policy.

      With every policy, a VM can ping the host and get a DHCP lease from it, and the host can reach the VM.

      The host's `/etc/microvm/policy.nft` contains the rules for all VMs, and `/etc/microvm/resolver.json` the domains.
    '';
  };
  allow = mkOption {
    type = types.listOf (destinationType {
      type = destination;
      example = "github.com";
      to = ''Domain, IP address or subnet. `"*.example.org"` matches every subdomain of example.org, but not example.org itself. Domains need `network = "allowlist"`.'';
      ports = ''Ports: `443` and `"tcp/443"` are TCP, `"udp/443"` is UDP. Null means 80, 443 and udp/443.'';
    });
    default = [ ];
    example = [
      "github.com"
      {
        to = "192.168.1.10";
        ports = [ 22 ];
      }
    ];
    description = "Destinations that the VM can reach in addition to those of `network`. A string alone allows the ports 80, 443 and udp/443.";
  };
  reachVms = mkOption {
    type = types.listOf (destinationType {
      type = types.str;
      example = "database";
      to = "Attribute name of the other VM in `microvm-emit.vms`.";
      ports = ''Ports: `443` and `"tcp/443"` are TCP, `"udp/443"` is UDP. Null means all ports and protocols.'';
    });
    default = [ ];
    example = [ "database" ];
    description = "Other VMs of this host to which the VM can open IPv4 connections. The firewall of the other VM applies too.";
  };
  reachHost = mkOption {
    type = types.listOf port;
    default = [ ];
    example = [
      8080
      "udp/53"
    ];
    description = "Ports of the host that the VM can reach: `8080` and `\"tcp/8080\"` are TCP, `\"udp/53\"` is UDP. The host's firewall opens them for the network of the VM.";
  };
  publish = mkOption {
    type = types.listOf (record {
      proto = mkOption {
        type = types.enum [
          "tcp"
          "udp"
        ];
        default = "tcp";
        description = "Protocol.";
      };
      host = mkOption {
        type = types.port;
        description = "Port of the host.";
      };
      guest = mkOption {
        type = types.port;
        description = "Port in the VM.";
      };
    });
    default = [ ];
    example = [
      {
        host = 8080;
        guest = 80;
      }
    ];
    description = "Ports that the host forwards to the VM, on the `nat.externalInterface` of its network, which is null by default. The VM needs an IPv4 address there.";
  };
  bandwidthMbitPerSecond = mkOption {
    type = types.nullOr types.ints.positive;
    default = null;
    example = 100;
    description = "Bandwidth limit for traffic that the host forwards, in Mbit/s for each direction; null for none.";
  };
  nameservers = mkOption {
    type = types.listOf types.str;
    default = [ ];
    example = [ "9.9.9.9" ];
    description = "Addresses of the VM's DNS servers. With `network = \"allowlist\"`, the resolver of the host queries them, and the VM queries the resolver.";
  };
}
