# Enforces the network policies of VMs with nftables. The rules are loaded before any VM starts.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  facts = config.microvm-emit.policy;
  inherit (facts)
    bridges
    eachLink
    eachVm
    enforced
    isOf
    masquerade
    networks
    distinct
    portsOnHost
    ;
  rules = import ./rules.nix { inherit lib facts; };
  hardening = import ../hardening.nix;
  quote = name: "\"${name}\"";

  reachingBridges = distinct (
    eachLink (link: lib.optional (link ? bridge) link.bridge) (
      lib.filterAttrs (_: vm: vm.vms != [ ]) enforced
    )
  );

  # systemd-resolved answers other machines only with DNSStubListenerExtra.
  usingHostDns = lib.filterAttrs (_: vm: builtins.elem "udp . 53" vm.host) enforced;
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

  # Since Linux 6.16, a netdev hook can name a device that does not exist yet.
  hasTapHooks = lib.versionAtLeast config.boot.kernelPackages.kernel.version "6.16";
  # The "-" ignores errors: until the next boot, the running kernel can be older.
  loadTapRules = ''-${pkgs.bash}/bin/bash -c "${pkgs.nftables}/bin/nft -f /etc/microvm/taps.nft && ${pkgs.coreutils}/bin/cp --remove-destination /etc/microvm/taps.nft /run/microvm-policy/taps.nft"'';
  afterLoad = map disableLearning bridges ++ lib.optional hasTapHooks loadTapRules;

  grants = "/run/microvm-policy/granted.json";
  grant = pkgs.writeShellScriptBin "microvm-grant" ''
    exec ${pkgs.python3}/bin/python3 -I ${./grant.py} /etc/microvm/grants.json "$@"
  '';
  # A reload of the rules empties the sets.
  restoreGrants = "-${grant}/bin/microvm-grant restore";

  load = "${pkgs.nftables}/bin/nft -f /etc/microvm/policy.nft";
  # nftables.service loads this copy when it flushes all rules. Create it before the first load, and update it only after a successful
  # reload.
  saveCopy = "${pkgs.coreutils}/bin/cp --remove-destination /etc/microvm/policy.nft /run/microvm-policy/policy.nft";

  # nftables does not see frames to link-local multicast addresses (01:80:c2:00:00:0e and others, IEEE 802.1D). With such a frame, a VM
  # could make the bridge learn the MAC address of another VM and receive its traffic.
  disableLearning =
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
  imports = [
    ./conflicts.nix
    ./references.nix
  ];

  options.microvm-emit.policy = lib.mkOption {
    type = lib.types.raw;
    readOnly = true;
    internal = true;
    description = "Policies of all VMs for rules, resolver and assertions. As an option, they are evaluated only once.";
  };

  config = lib.mkMerge [
    { microvm-emit.policy = import ./facts.nix { inherit config lib; }; }
    (lib.mkIf facts.isActive {
      warnings = lib.optional (usingHostDns != { } && !hasDnsServer) ''
        ${lib.concatStringsSep ", " (builtins.attrNames usingHostDns)} can use the DNS server of this host (reachHost has "dns"), but no DNS server is enabled.
        Enable one on the bridge of the VMs, such as services.dnsmasq, or set nameservers to a public server.
      '';

      # `nft` for users of the host, and for `microvm-emit doctor`.
      environment.systemPackages = [
        pkgs.nftables
        grant
      ];

      environment.etc = {
        "microvm/policy.nft".text = rules.rules;
        "microvm/grants.json".text = builtins.toJSON {
          nft = "${pkgs.nftables}/bin/nft";
          systemctl = "${config.systemd.package}/bin/systemctl";
          granted = grants;
          inherit (facts) resolverPort;
          vms = builtins.mapAttrs (_: vm: {
            addresses = lib.concatMap ({ addresses, ... }: addresses) vm.links;
            names = vm.network == "allowlist";
          }) enforced;
        };
        "microvm/taps.nft" = lib.mkIf hasTapHooks { text = rules.tapRules; };
      };

      systemd.services = lib.mkIf config.microvm.host.enable {
        microvm-policy = {
          description = "Network policy of MicroVMs";
          wantedBy = [ "multi-user.target" ];
          before = [ "network-pre.target" ];
          wants = [ "network-pre.target" ];
          after = [ "nftables.service" ];
          reloadIfChanged = true;
          # VMs that were removed from the configuration may still run.
          unitConfig.X-StopOnRemoval = false;
          restartTriggers = [
            config.environment.etc."microvm/policy.nft".source
          ]
          ++ lib.optional hasTapHooks config.environment.etc."microvm/taps.nft".source;
          serviceConfig = hardening.rules // {
            Type = "oneshot";
            RemainAfterExit = true;
            RuntimeDirectory = "microvm-policy";
            ExecStartPre = saveCopy;
            ExecStart = load;
            ExecStartPost = afterLoad ++ [ restoreGrants ];
            # A reload empties the sets of the resolver. Its own reload fills them again.
            ExecReload = [
              load
              saveCopy
            ]
            ++ afterLoad
            ++ [
              restoreGrants
              "-${config.systemd.package}/bin/systemctl reload --no-block microvm-resolver.service"
            ];
          };
        };
        # nftables.service can flush all rules when it starts, reloads or stops.
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

        # Docker drops forwarded packets of other networks, unless the chain DOCKER-USER accepts them.
        microvm-docker = lib.mkIf config.virtualisation.docker.enable {
          description = "Docker rules for MicroVMs";
          wantedBy = [ "docker.service" ];
          partOf = [ "docker.service" ];
          after = [ "docker.service" ];
          path = [ pkgs.iptables ];
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
          };
          # A separate chain can be flushed, which removes networks that are no longer configured.
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

      # A switch must end each grant whose entry left the config, so the rules and the resolver are reloaded even if they did not change.
      system.activationScripts.microvm-grants = lib.mkIf config.microvm.host.enable {
        text = ''
          if [ -e ${grants} ]; then
            ${grant}/bin/microvm-grant switched
            echo microvm-policy.service >>/run/nixos/activation-reload-list
          fi
        '';
      };

      # Load our rules in the same transaction as the flush. A connection that a VM opens in between would stay established.
      networking.nftables.extraDeletions = lib.mkIf config.networking.nftables.flushRuleset ''
        include "/run/microvm-policy/*.nft"
      '';

      # filterForward drops forwarded packets of other networks. Our own rules still apply to accepted packets.
      networking.firewall.extraForwardRules =
        lib.mkIf (config.networking.firewall.filterForward && networks != [ ])
          ''
            iifname { ${lib.concatMapStringsSep ", " quote networks} } accept
          '';

      services.udev.extraRules = lib.concatMapStrings (bridge: ''
        ACTION=="add", SUBSYSTEM=="net", KERNEL=="${bridge}", ATTR{bridge/no_linklocal_learn}="1"
      '') bridges;

      # Other software may load br_netfilter, which applies the host's forward rules to frames within a bridge. Load it at boot, so that
      # sysctl can turn that off.
      boot.kernelModules = [ "br_netfilter" ];
      boot.kernel.sysctl = {
        "net.bridge.bridge-nf-call-arptables" = lib.mkDefault 0;
        "net.bridge.bridge-nf-call-iptables" = lib.mkDefault 0;
        "net.bridge.bridge-nf-call-ip6tables" = lib.mkDefault 0;
      }
      # The host answers ARP for VMs in `reachVms`, because ARP does not pass between taps of a bridge.
      // lib.listToAttrs (
        lib.concatMap (bridge: [
          (lib.nameValuePair "net/ipv4/conf/${bridge}/proxy_arp_pvlan" 1)
          (lib.nameValuePair "net/ipv4/conf/${bridge}/send_redirects" 0)
          (lib.nameValuePair "net/ipv4/neigh/${bridge}/proxy_delay" 0)
        ]) reachingBridges
      )
      # The same values as in networking.nat. Keys with dots would conflict with Docker, Tailscale or networking.nat.
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
        ) enforced
      );
    })
  ];
}
