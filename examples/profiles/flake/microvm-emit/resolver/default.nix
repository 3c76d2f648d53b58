# DNS resolver for VMs with an allowlist. It answers allowed names and adds their addresses to the nftables sets.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  facts = config.microvm-emit.policy;
  asking = facts.withNetwork "allowlist";

  settings = {
    listen = [
      "0.0.0.0"
      "::"
    ];
    port = facts.resolverPort;
    libnftables = "${pkgs.nftables}/lib/libnftables.so.1";
    # The grants of `microvm-emit allow`.
    granted = "/run/microvm-policy/granted.json";
    private = facts.privateRanges.ipv4 ++ facts.privateRanges.ipv6;
    guests = lib.concatMapAttrs (
      name: vm:
      lib.genAttrs (lib.concatMap (link: link.addresses ++ link.local or [ ]) vm.links) (_: {
        inherit name;
        upstream = vm.nameservers;
        allow = map (
          { to, ports }:
          {
            name = to;
            ports = map (lib.splitString " . ") ports;
          }
        ) vm.domains;
        addresses = map ({ to, ... }: to) vm.addresses;
      })
    ) asking;
  };
in
{
  config = lib.mkIf (facts.isActive && asking != { }) {
    environment.etc."microvm/resolver.json".text = builtins.toJSON settings;

    systemd.services.microvm-resolver = lib.mkIf config.microvm.host.enable {
      description = "DNS resolver of MicroVMs with an allowlist";
      wantedBy = [ "multi-user.target" ];
      after = [
        "microvm-policy.service"
        "network.target"
      ];
      bindsTo = [ "microvm-policy.service" ];
      reloadTriggers = [ config.environment.etc."microvm/resolver.json".source ];
      serviceConfig = (import ../hardening.nix).rules // {
        ExecStart = "${
          pkgs.python3.withPackages (packages: [ packages.dnspython ])
        }/bin/python3 ${./resolver.py} /etc/microvm/resolver.json";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        Type = "notify";
        Restart = "always";
        RestartSec = 2;
        DynamicUser = true;
        AmbientCapabilities = [ "CAP_NET_ADMIN" ];
        # Each open question to an upstream server has a socket.
        LimitNOFILE = 65536;
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
          "AF_UNIX"
        ];
        UMask = "0077";
      };
    };
  };
}
