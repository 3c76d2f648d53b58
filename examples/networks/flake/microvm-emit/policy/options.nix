# Options of a VM that its network policy consists of.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  record = import ../record.nix { inherit lib; };
  port = types.either types.port (types.strMatching "(tcp|udp)/[0-9]+");
  # Something to reach, by name alone or with ports.
  reached =
    { to, ports }:
    types.coercedTo types.str (name: { to = name; }) (record {
      to = mkOption {
        type = types.str;
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
        What the VM may reach besides `allow`, `reachVms` and `reachHost`.

        - `"internet"`: everything but private addresses.
        - `"allowlist"`, `"none"`: nothing else. Only with `"allowlist"`, `allow` may have domains.
        - `"open"`: everything, without any rules.

        Whatever its policy, a VM may ping the host and ask it for a lease, and the host may reach the VM.
      '';
    };
    allow = mkOption {
      type = types.listOf (reached {
        to = ''A domain, an address or a subnet; `"*.example.org"` is every domain below example.org.'';
        ports = "Ports: 443 is TCP. Defaults to the ports of the web: 80, 443 and udp/443.";
      });
      default = [ ];
      example = [
        "github.com"
        {
          to = "192.168.1.10";
          ports = [ 22 ];
        }
      ];
      description = "Destinations that the VM may reach.";
    };
    reachVms = mkOption {
      type = types.listOf (reached {
        to = "Name of the other VM.";
        ports = "Ports: 443 is TCP. By default the other VM as a whole.";
      });
      default = [ ];
      example = [ "database" ];
      description = "Other VMs of this host that the VM may reach.";
    };
    reachHost = mkOption {
      type = types.listOf port;
      default = [ ];
      example = [
        8080
        "udp/53"
      ];
      description = "Ports of the host that the VM may reach.";
    };
    publish = mkOption {
      type = types.listOf (record {
        proto = mkOption {
          type = types.enum [
            "tcp"
            "udp"
          ];
          default = "tcp";
          description = "Protocol of the port.";
        };
        host = mkOption {
          type = types.port;
          description = "Port of the host.";
        };
        guest = mkOption {
          type = types.port;
          description = "Port of the VM.";
        };
      });
      default = [ ];
      description = "Ports of the host's `nat.externalInterface` that lead to the VM.";
    };
    bandwidthMbitPerSecond = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      description = "Limit of what the host forwards for the VM, in Mbit/s each way.";
    };
    nameservers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "9.9.9.9" ];
      description = "DNS servers of the VM. With `network = \"allowlist\"`, the host's resolver asks them for the VM.";
    };
  };
}
