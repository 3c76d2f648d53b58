# Limits each VM to what its policy allows, by rules of nftables that apply before any VM starts.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  facts = import ./facts.nix { inherit config lib; };
  inherit (facts)
    bridges
    eachLink
    eachVm
    guests
    isOf
    masquerade
    networks
    once
    portsOnHost
    ;
  rules = import ./rules.nix { inherit lib facts; };
  hardening = import ../hardening.nix;
  quote = name: "\"${name}\"";

  reachingBridges = once (
    eachLink (link: lib.optional (link ? bridge) link.bridge) (
      lib.filterAttrs (_: vm: vm.vms != [ ]) guests
    )
  );

  # resolved listens for others only where it is told to.
  askingHost = lib.filterAttrs (_: vm: builtins.elem "udp . 53" vm.host) guests;
  hasDnsServer =
    lib.any (server: config.services.${server}.enable or false) dnsServers
    || lib.hasInfix "DNSStubListenerExtra" (
      builtins.toJSON [
        (config.services.resolved.extraConfig or "")
        (config.services.resolved.settings or { })
      ]
    );
  dnsServers = [
    "adguardhome"
    "bind"
    "blocky"
    "coredns"
    "dnscrypt-proxy"
    "dnsdist"
    "dnsmasq"
    "knot"
    "kresd"
    "nsd"
    "pdns-recursor"
    "pihole-ftl"
    "powerdns"
    "technitium-dns-server"
    "unbound"
  ];

  # From Linux 6.16 on, a hook waits for a device of its name.
  hasTapHooks = lib.versionAtLeast config.boot.kernelPackages.kernel.version "6.16";
  # The kernel that runs may be an older one until the next boot.
  loadTapRules = ''-${pkgs.bash}/bin/bash -c "${pkgs.nftables}/bin/nft -f /etc/microvm/taps.nft && ${pkgs.coreutils}/bin/cp --remove-destination /etc/microvm/taps.nft /run/microvm-policy/taps.nft"'';
  afterLoad = map unlearn bridges ++ lib.optional hasTapHooks loadTapRules;

  load = "${pkgs.nftables}/bin/nft -f /etc/microvm/policy.nft";
  # What nftables.service loads when it flushes: there before our own load, and changed by a reload that succeeded.
  keep = "${pkgs.coreutils}/bin/cp --remove-destination /etc/microvm/policy.nft /run/microvm-policy/policy.nft";

  # Rules do not see frames to the addresses that bridges keep for themselves (01:80:c2:00:00:0e and its like). A VM could send one with
  # another's MAC, and the bridge would believe that this is where the other is.
  unlearn =
    bridge:
    ''-${pkgs.bash}/bin/bash -c "test ! -e /sys/class/net/${bridge} || ${pkgs.iproute2}/bin/ip link set dev ${bridge} type bridge no_linklocal_learn 1"'';

  portsFor =
    proto: vm:
    lib.concatMap (
      port:
      lib.optional (lib.hasPrefix "${proto} . " port) (lib.toInt (lib.removePrefix "${proto} . " port))
    ) (portsOnHost vm);
in
{
  imports = [ ./conflicts.nix ];

  config = lib.mkIf facts.isActive {
    warnings = lib.optional (askingHost != { } && !hasDnsServer) ''
      ${lib.concatStringsSep ", " (builtins.attrNames askingHost)} may ask this host's DNS server (reachHost has "dns"), but this host seems to run none.
      Enable one on the VMs' bridge, such as services.dnsmasq, or set nameservers of the VM to a public server.
    '';

    environment.etc = {
      "microvm/policy.nft".text = rules.rules;
      "microvm/taps.nft" = lib.mkIf hasTapHooks { text = rules.tapRules; };
    };

    systemd.services = lib.mkIf config.microvm.host.enable {
      microvm-policy = {
        description = "What MicroVMs may reach";
        wantedBy = [ "multi-user.target" ];
        before = [ "network-pre.target" ];
        wants = [ "network-pre.target" ];
        after = [ "nftables.service" ];
        reloadIfChanged = true;
        # VMs that run need it, also those that left the configuration.
        unitConfig.X-StopOnRemoval = false;
        restartTriggers = [
          config.environment.etc."microvm/policy.nft".source
        ]
        ++ lib.optional hasTapHooks config.environment.etc."microvm/taps.nft".source;
        serviceConfig = hardening.rules // {
          Type = "oneshot";
          RemainAfterExit = true;
          RuntimeDirectory = "microvm-policy";
          ExecStartPre = keep;
          ExecStart = load;
          ExecStartPost = afterLoad;
          # The resolver puts back what it has granted.
          ExecReload = [
            load
            keep
          ]
          ++ afterLoad
          ++ [
            "-${config.systemd.package}/bin/systemctl reload --no-block microvm-resolver.service"
          ];
        };
      };
      # It may flush all rules, and what the resolver has granted: when it starts, stops, or is gone with the next configuration.
      nftables.serviceConfig =
        let
          loadAgain = [
            "-${config.systemd.package}/bin/systemctl --no-block try-reload-or-restart microvm-policy.service"
          ];
        in
        lib.mkIf config.networking.nftables.enable {
          ExecStartPost = loadAgain;
          ExecReload = lib.mkAfter loadAgain;
          ExecStopPost = loadAgain;
        };
      "microvm@" = {
        requires = [ "microvm-policy.service" ];
        after = [ "microvm-policy.service" ];
      };

      # Docker drops what it does not know of all that the host forwards, but for what this chain of its accepts.
      microvm-docker = lib.mkIf config.virtualisation.docker.enable {
        description = "MicroVMs beside Docker";
        wantedBy = [ "docker.service" ];
        partOf = [ "docker.service" ];
        after = [ "docker.service" ];
        path = [ pkgs.iptables ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
        };
        # In a chain of its own, so that networks that are gone leave it.
        script = ''
          for tables in iptables ip6tables; do
            if "$tables" -w -n -L DOCKER-USER >/dev/null 2>&1; then
              "$tables" -w -N MICROVM 2>/dev/null || "$tables" -w -F MICROVM
              for network in ${lib.escapeShellArgs networks}; do
                "$tables" -w -A MICROVM -i "$network" -j ACCEPT
                "$tables" -w -A MICROVM -o "$network" -j ACCEPT
              done
              "$tables" -w -C DOCKER-USER -j MICROVM 2>/dev/null || "$tables" -w -I DOCKER-USER -j MICROVM
            fi
          done
        '';
        preStop = ''
          for tables in iptables ip6tables; do
            "$tables" -w -D DOCKER-USER -j MICROVM && "$tables" -w -F MICROVM && "$tables" -w -X MICROVM || true
          done
        '';
      };
    };

    # What flushes our rules loads them in the same transaction, since what a VM begins in between may go on after it.
    networking.nftables.extraDeletions = lib.mkIf config.networking.nftables.flushRuleset ''
      include "/run/microvm-policy/*.nft"
    '';

    # filterForward drops what it does not know. What passes there is held by the rules above all the same.
    networking.firewall.extraForwardRules =
      lib.mkIf (config.networking.firewall.filterForward && networks != [ ])
        ''
          iifname { ${lib.concatMapStringsSep ", " quote networks} } accept
        '';

    services.udev.extraRules = lib.concatMapStrings (bridge: ''
      ACTION=="add", SUBSYSTEM=="net", KERNEL=="${bridge}", ATTR{bridge/no_linklocal_learn}="1"
    '') bridges;

    # With br_netfilter, which others may load, the host's rules for what it forwards would be asked of frames within a bridge.
    boot.kernelModules = [ "br_netfilter" ];
    boot.kernel.sysctl = {
      "net.bridge.bridge-nf-call-arptables" = lib.mkDefault 0;
      "net.bridge.bridge-nf-call-iptables" = lib.mkDefault 0;
      "net.bridge.bridge-nf-call-ip6tables" = lib.mkDefault 0;
    }
    # The host answers ARP for VMs that others may reach, since a question does not get to them within the bridge.
    // lib.listToAttrs (
      lib.concatMap (bridge: [
        (lib.nameValuePair "net/ipv4/conf/${bridge}/proxy_arp_pvlan" 1)
        (lib.nameValuePair "net/ipv4/conf/${bridge}/send_redirects" 0)
        (lib.nameValuePair "net/ipv4/neigh/${bridge}/proxy_delay" 0)
      ]) reachingBridges
    )
    # As networking.nat sets them. With dots, the same value of Docker, Tailscale or networking.nat would be a conflict.
    // lib.optionalAttrs (lib.any (isOf 4) masquerade) {
      "net/ipv4/conf/all/forwarding" = true;
      "net/ipv4/conf/default/forwarding" = true;
    }
    // lib.optionalAttrs (lib.any (isOf 6) masquerade) {
      "net/ipv6/conf/all/accept_ra" = 2;
      "net/ipv6/conf/default/accept_ra" = 2;
      "net/ipv6/conf/all/forwarding" = true;
      "net/ipv6/conf/default/forwarding" = true;
    };
    networking.firewall.interfaces = lib.mkMerge (
      eachVm (
        vm:
        map (link: {
          ${link.bridge or link.tap} = {
            allowedTCPPorts = portsFor "tcp" vm;
            allowedUDPPorts = portsFor "udp" vm;
          };
        }) (lib.optionals (portsOnHost vm != [ ]) vm.links)
      ) guests
    );
  };
}
