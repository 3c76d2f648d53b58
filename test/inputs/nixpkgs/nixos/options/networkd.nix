# systemd.network.*: every section knows its fields (systemd.netdev(5), systemd.network(5)), so a
# misspelt field is an error, as it is in NixOS.
{ config, lib, ... }:
let
  inherit (lib) types optionalAttrs;
  inherit (types) attrsOf lines listOf str submodule;
  inherit (lib.declare) flag many maybe named option required;
  inherit (import ../unit-option.nix { inherit lib; }) unitOption section;

  yesNo = [ true false "yes" "no" ];
  words = text: builtins.filter (w: w != "") (lib.splitString " " (lib.replaceStrings [ "\n" ] [ " " ] text));
  # Fields of any value, fields of truth values, and fields of a few values.
  fields = { open ? "", bool ? "", choice ? { } }:
    lib.genAttrs (words open) (_: null) // lib.genAttrs (words bool) (_: yesNo) // choice;

  netdev = section "Netdev" { needs = [ "Name" "Kind" ]; } (fields {
    open = "Description Name MTUBytes MACAddress";
    choice.Kind = words ''
      bond bridge dummy gre gretap erspan ip6gre ip6tnl ip6gretap ipip ipvlan ipvtap macvlan macvtap sit tap tun veth vlan
      vti vti6 vxlan geneve l2tp macsec wlan vrf vcan vxcan wireguard netdevsim nlmon fou xfrm ifb batadv
    '';
  });
  netdevBridge = section "Bridge" { } (fields {
    open = "HelloTimeSec MaxAgeSec ForwardDelaySec AgeingTimeSec Priority GroupForwardMask DefaultPVID VLANProtocol MulticastIGMPVersion";
    bool = "MulticastQuerier MulticastSnooping VLANFiltering STP";
  });
  tap = section "Tap" { } (fields { open = "User Group"; bool = "MultiQueue PacketInfo VNetHeader KeepCarrier"; });
  vlan = section "VLAN" { } (fields { open = "Id Protocol"; bool = "GVRP MVRP LooseBinding ReorderHeader"; });

  link = section "Link" { } (fields {
    open = "MACAddress MTUBytes Group RequiredForOnline";
    bool = "ARP Multicast AllMulticast Promiscuous Unmanaged";
    choice.RequiredFamilyForOnline = [ "ipv4" "ipv6" "both" "any" ];
    choice.ActivationPolicy = [ "up" "always-up" "manual" "always-down" "down" "bound" ];
  });
  network = section "Network" { } (fields {
    open = ''
      Description IPv6StableSecretAddress IPv4LLStartAddress DNSSECNegativeTrustAnchors BindCarrier Address Gateway DNS
      Domains NTP IPv6DuplicateAddressDetection IPv6HopLimit IPv6ProxyNDPAddress IPv6MTUBytes Bridge Bond VRF VLAN IPVLAN
      IPVTAP MACVLAN MACVTAP VXLAN Tunnel MACsec IgnoreCarrierLoss Xfrm BatmanAdvanced
    '';
    bool = ''
      DHCPServer IPv4LLRoute DefaultRouteOnDevice DNSDefaultRoute IPv4Forwarding IPv6Forwarding IPv6AcceptRA
      IPv4AcceptLocal IPv4RouteLocalnet IPv4ProxyARP IPv6ProxyNDP IPv6SendRA DHCPPrefixDelegation KeepMaster ActiveSlave
      PrimarySlave ConfigureWithoutCarrier
    '';
    choice = {
      DHCP = yesNo ++ [ "ipv4" "ipv6" ];
      LinkLocalAddressing = yesNo ++ [ "ipv4" "ipv6" "fallback" "ipv4-fallback" ];
      IPv6LinkLocalAddressGenerationMode = [ "eui64" "none" "stable-privacy" "random" ];
      LLMNR = yesNo ++ [ "resolve" ];
      MulticastDNS = yesNo ++ [ "resolve" ];
      DNSOverTLS = yesNo ++ [ "opportunistic" ];
      DNSSEC = yesNo ++ [ "allow-downgrade" ];
      LLDP = yesNo ++ [ "routers-only" ];
      EmitLLDP = yesNo ++ [ "nearest-bridge" "non-tpmr-bridge" "customer-bridge" ];
      IPMasquerade = yesNo ++ [ "ipv4" "ipv6" "both" ];
      IPv6PrivacyExtensions = yesNo ++ [ "prefer-public" "kernel" ];
      IPv4ReversePathFilter = [ "no" "strict" "loose" ];
      KeepConfiguration = yesNo ++ [ "static" "dhcp-on-stop" "dhcp" ];
    };
  });
  bridgePort = section "Bridge" { } (fields {
    open = "MulticastRouter Cost Priority";
    bool = ''
      UnicastFlood MulticastFlood MulticastToUnicast NeighborSuppression Learning HairPin Isolated UseBPDU FastLeave
      AllowPortToBeRoot ProxyARP ProxyARPWiFi
    '';
  });
  address = section "Address" { needs = [ "Address" ]; } (fields {
    open = "Address Peer Broadcast Label Scope RouteMetric";
    bool = "HomeAddress ManageTemporaryAddress AddPrefixRoute AutoJoin";
    choice.PreferredLifetime = [ "forever" "infinity" "0" 0 ];
    choice.DuplicateAddressDetection = [ "ipv4" "ipv6" "both" "none" ];
  });
  route = section "Route" { } (fields {
    open = ''
      Gateway Destination Source Metric PreferredSource Table Protocol InitialCongestionWindow
      InitialAdvertisedReceiveWindow MTUBytes MultiPathRoute
    '';
    bool = "GatewayOnLink QuickAck FastOpenNoCookie TTLPropagate";
    choice = {
      IPv6Preference = [ "low" "medium" "high" ];
      Scope = [ "global" "site" "link" "host" "nowhere" ];
      Type = words "unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve";
      IPServiceType = [ "CS6" "CS4" ];
    };
  });


  common = {
    enable = flag true;
    matchConfig = named unitOption;
    extraConfig = option lines "";
  };

  networkModule = { config, ... }: {
    options = common // {
      name = maybe str;
      DHCP = maybe str;
      domains = maybe (listOf str);
      linkConfig = option link { };
      networkConfig = option network { };
      bridgeConfig = option bridgePort { };
      dhcpV4Config = named unitOption;
      dhcpV6Config = named unitOption;
      dhcpServerConfig = named unitOption;
      dhcpServerStaticLeases = many (attrsOf unitOption);
      ipv6AcceptRAConfig = named unitOption;
      addresses = many address;
      routes = many route;
      routingPolicyRules = many (attrsOf unitOption);
      bridgeVLANs = many (attrsOf unitOption);
    } // lib.genAttrs (words "address gateway dns ntp bridge bond vrf vlan macvlan macvtap vxlan tunnel xfrm") (_: many str);
    config = {
      matchConfig = optionalAttrs (config.name != null) { Name = config.name; };
      networkConfig = optionalAttrs (config.DHCP != null) { inherit (config) DHCP; }
        // optionalAttrs (config.domains != null) { Domains = lib.concatStringsSep " " config.domains; };
    };
  };
in
{
  options.systemd.network = {
    enable = flag false;
    wait-online = {
      enable = flag true;
      anyInterface = flag config.networking.useDHCP;
      ignoredInterfaces = many str;
      timeout = option types.ints.unsigned 120;
      extraArgs = many str;
    };
    config.networkConfig = named unitOption;
    links = named (submodule { options = common // { linkConfig = named unitOption; }; });
    netdevs = named (submodule {
      options = common // {
        netdevConfig = required netdev;
        bridgeConfig = option netdevBridge { };
        tapConfig = option tap { };
        vlanConfig = option vlan { };
      } // lib.genAttrs [ "macvlanConfig" "vxlanConfig" "wireguardConfig" "bondConfig" ] (_: named unitOption);
    });
    networks = named (submodule networkModule);
  };
}
