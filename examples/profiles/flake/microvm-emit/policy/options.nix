# Options for the network policy of a VM.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  record = import ../record.nix { inherit lib; };
  port = types.either types.port (types.strMatching "(tcp|udp)/[0-9]+");
  address = "[0-9.]+(/[0-9]+)?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(/[0-9]+)?";
  domain = "([*][.])?[a-zA-Z0-9_-]+([.][a-zA-Z0-9_-]+)*";
  destination = types.strMatching "${address}|${domain}" // {
    description = "domain, IP address or subnet without port";
  };
  # A destination: its name, or a set with ports.
  reached =
    {
      type,
      to,
      ports,
    }:
    types.coercedTo types.str (name: { to = name; }) (record {
      to = mkOption {
        inherit type;
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
    });
in
{
  options = {
    network = mkOption {
      type = types.enum [
        "internet"
        "allowlist"
        "none"
        "open"
      ];
      default = "internet";
      description = ''
        Network policy of the VM: its destinations besides `allow`, `reachVms` and `reachHost`.

        - `"internet"`: all public addresses.
        - `"allowlist"`: none. `allow` can contain domains, and a resolver on the host answers all DNS questions of the VM.
        - `"none"`: none. `allow` cannot contain domains.
        - `"open"`: everything, as in a network without rules.

        With every policy, a VM can ping the host and get a DHCP lease from it, and the host can reach the VM.
      '';
    };
    allow = mkOption {
      type = types.listOf (reached {
        type = destination;
        to = ''Domain, IP address or subnet. `"*.example.org"` matches every subdomain of example.org, but not example.org itself. Domains need `network = "allowlist"`.'';
        ports = ''Ports: `443` and `"tcp/443"` are TCP, `"udp/443"` is UDP. Null stands for the ports of the web: 80, 443 and udp/443.'';
      });
      default = [ ];
      example = [
        "github.com"
        {
          to = "192.168.1.10";
          ports = [ 22 ];
        }
      ];
      description = "Destinations that the VM can reach, besides those of `network`. A string opens the ports of the web.";
    };
    reachVms = mkOption {
      type = types.listOf (reached {
        type = types.str;
        to = "Attribute name of the other VM in `microvm-emit.vms`.";
        ports = ''Ports: `443` and `"tcp/443"` are TCP, `"udp/443"` is UDP. Null stands for every port and protocol.'';
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
      description = "Ports of the host that the VM can reach: `8080` and `\"tcp/8080\"` are TCP, `\"udp/53\"` is UDP. They are opened in the host's firewall for the VM's network.";
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
      description = "Ports of the host to forward to the VM. The VM needs an IPv4 address in a network with `nat.externalInterface`, on which the ports are open.";
    };
    bandwidthMbitPerSecond = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      description = "Limit for traffic that the host forwards for the VM, in Mbit/s for each direction.";
    };
    nameservers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "9.9.9.9" ];
      description = "Addresses of the VM's DNS servers. With `network = \"allowlist\"`, the resolver of the host queries them instead of the VM.";
    };
  };
}
