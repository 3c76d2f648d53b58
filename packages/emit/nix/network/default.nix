# Configures the networks of VMs with systemd-networkd.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf optionalAttrs optionals;
  address = import ./addresses.nix { inherit lib; };
  cfg = config.microvm-emit;

  bridges = lib.filterAttrs (_: { existing, ... }: !existing) cfg.bridges;
  existing = lib.filterAttrs (_: { existing, ... }: existing) cfg.bridges;
  switched = bridges // cfg.vlans;
  # A VLAN has the ports of its bridge.
  portsOf = network: (cfg.bridges.${network.bridge or ""} or network).ports or [ ];
  vlansOf = bridge: lib.filterAttrs (_: vlan: vlan.bridge == bridge) cfg.vlans;

  interfaces = lib.concatMap (
    { interfaces, network, ... }: map (interface: interface // { inherit network; }) interfaces
  ) (builtins.attrValues cfg.vms);
  taps = builtins.filter ({ type, ... }: type == "tap") interfaces;
  byNetwork = lib.groupBy (tap: if tap.bridge == null then "" else tap.bridge) taps;
  tapsIn = network: byNetwork.${network} or [ ];
  namesIn = network: map ({ id, ... }: id) (tapsIn network);
  # An open VM can reach the other open VMs of its networks.
  isOpen = network: lib.any (tap: tap.network == "open") (tapsIn network);

  # systemd-networkd uses the first file that matches (systemd.network(5)), so our files sort before other files of the host.
  file = name: "0-${name}";

  # VLAN id of untagged frames on a bridge.
  ownVlan = 1;
  untagged = id: {
    PVID = id;
    EgressUntagged = id;
  };
  trunk = vlans: [ (untagged ownVlan) ] ++ lib.mapAttrsToList (_: { id, ... }: { VLAN = id; }) vlans;

  # Interfaces of VMs must not delay network-online.target.
  notRequired.linkConfig.RequiredForOnline = "no";

  bridgeDevice =
    name:
    { ports, ... }:
    lib.nameValuePair (file "20-${name}") {
      netdevConfig = {
        Kind = "bridge";
        Name = name;
      };
      bridgeConfig =
        # A VM could become the multicast querier and break IPv6 neighbour discovery of other VMs.
        optionalAttrs (ports == [ ]) { MulticastSnooping = false; }
        # With the default, every port would also be in VLAN 1.
        // optionalAttrs (vlansOf name != { }) {
          VLANFiltering = true;
          DefaultPVID = "none";
        };
    };

  vlanDevice =
    name:
    { id, ... }:
    lib.nameValuePair (file "20-${name}") {
      netdevConfig = {
        Kind = "vlan";
        Name = name;
      };
      vlanConfig.Id = id;
    };

  hostSide =
    name: network:
    let
      vlans = vlansOf name;
      leases = lib.concatMap (
        {
          mac,
          dhcp,
          addresses,
          ...
        }:
        optionals dhcp (
          map (leased: {
            MACAddress = mac;
            Address = address.withoutPrefix leased;
          }) (builtins.filter (address.isOf 4) addresses)
        )
      ) (tapsIn name);
    in
    lib.nameValuePair (file "20-${name}") (
      {
        matchConfig.Name = name;
        addresses = map (Address: { inherit Address; }) network.addresses;
        routes = lib.optional (network.gateway != null) { Gateway = network.gateway; };
        networkConfig =
          # The host gets its address before the first VM starts.
          optionalAttrs (portsOf network == [ ]) { ConfigureWithoutCarrier = true; }
          // optionalAttrs network.dhcp { DHCP = "ipv4"; }
          // optionalAttrs (network.dhcpServer != null) { DHCPServer = true; }
          // optionalAttrs (vlans != { }) { VLAN = builtins.attrNames vlans; };
        bridgeVLANs = optionals (vlans != { }) (trunk vlans);
      }
      // optionalAttrs (network.dhcpServer != null) {
        dhcpServerConfig = network.dhcpServer;
        dhcpServerStaticLeases = leases;
      }
      // optionalAttrs (portsOf network == [ ]) notRequired
    );

  tapSide =
    name: network:
    lib.nameValuePair (file "21-${name}-tap") (
      {
        matchConfig.Name = toString (namesIn name);
        networkConfig.Bridge = network.bridge or name;
        bridgeVLANs =
          if network ? bridge then
            [ (untagged network.id) ]
          else
            optionals (vlansOf name != { }) [ (untagged ownVlan) ];
        # The kernel drops traffic between isolated ports, even before rules are loaded.
        bridgeConfig = optionalAttrs (!isOpen name) { Isolated = true; };
      }
      // notRequired
    );

  portSide =
    name:
    { ports, ... }:
    lib.nameValuePair (file "21-${name}-port") {
      matchConfig.Name = toString ports;
      networkConfig.Bridge = name;
      bridgeVLANs = optionals (vlansOf name != { }) (trunk (vlansOf name));
    };

  # udev attaches these taps to existing bridges. networkd would detach them.
  foreignTaps =
    name: _:
    lib.nameValuePair (file "21-${name}-tap") {
      matchConfig.Name = toString (namesIn name);
      linkConfig.Unmanaged = true;
    };

  # The host has an address on each tap without a bridge, and a route to its guest.
  routedTap =
    { id, addresses, ... }:
    let
      families = map (written: if address.isIpv6 written then 6 else 4) addresses;
      ofFamilies = builtins.filter (written: lib.any (family: address.isOf family written) families) (
        cfg.routed.addresses or [ ]
      );
    in
    lib.nameValuePair (file "22-${id}") (
      {
        matchConfig.Name = id;
        addresses = map (written: { Address = address.aloneOf written; }) ofFamilies;
        routes = map (written: { Destination = address.aloneOf written; }) addresses;
        networkConfig = lib.listToAttrs (
          map (family: lib.nameValuePair "IPv${toString family}Forwarding" true) families
        );
      }
      // notRequired
    );

  withTaps = lib.filterAttrs (name: _: tapsIn name != [ ]);
  withPorts = lib.filterAttrs (_: { ports, ... }: ports != [ ]);

  # With one bridge whose taps all have our prefix, one glob replaces the list of taps.
  prefix = "microvm";
  isGlobExact =
    lib.length (builtins.attrNames cfg.bridges) == 1
    && cfg.vlans == { }
    && cfg.routed == null
    && lib.all (
      { type, id, ... }:
      {
        tap = lib.hasPrefix prefix id;
        macvtap = !lib.hasPrefix prefix id;
      }
      .${type} or true
    ) interfaces;
  links =
    builtins.attrNames switched
    ++ lib.concatMap ({ ports, ... }: ports) (builtins.attrValues cfg.bridges)
    ++ (if isGlobExact then [ "${prefix}*" ] else map ({ id, ... }: id) taps);
  macvtaps = map ({ id, ... }: id) (builtins.filter ({ type, ... }: type == "macvtap") interfaces);
  own = links ++ macvtaps;
in
{
  imports = [
    ./options.nix
    ./networkd.nix
    ./nat.nix
    ./overlaps.nix
  ];

  options.microvm-emit.links = lib.mkOption {
    type = lib.types.listOf lib.types.str;
    readOnly = true;
    internal = true;
    description = "Interfaces of the host that systemd-networkd configures for VMs.";
  };

  config = {
    microvm-emit = { inherit links; };

    systemd.network = {
      netdevs = lib.mapAttrs' bridgeDevice bridges // lib.mapAttrs' vlanDevice cfg.vlans;
      networks =
        lib.mapAttrs' hostSide switched
        // lib.mapAttrs' tapSide (withTaps switched)
        // lib.mapAttrs' portSide (withPorts bridges)
        // lib.mapAttrs' foreignTaps (withTaps existing)
        // lib.listToAttrs (map routedTap (tapsIn ""));
    };

    # Attaches taps to existing bridges; bridge and tap can appear in any order. systemd-networkd would create the bridge.
    services.udev.extraRules = lib.concatStrings (
      lib.concatLists (
        lib.mapAttrsToList (
          bridge: _:
          let
            ip = "${pkgs.iproute2}/bin/ip link set dev";
            isolated = if isOpen bridge then "off" else "on";
          in
          map (tap: ''
            ACTION=="add", SUBSYSTEM=="net", KERNEL=="${bridge}|${tap}", RUN+="${ip} ${tap} master ${bridge}", RUN+="${ip} ${tap} type bridge_slave isolated ${isolated}"
          '') (namesIn bridge)
        ) existing
      )
    );

    # Keep dhcpcd and NetworkManager off the interfaces of VMs.
    networking = {
      dhcpcd.denyInterfaces = mkIf (own != [ ]) own;
      networkmanager.unmanaged = mkIf (own != [ ]) (map (link: "interface-name:${link}") own);
      firewall.interfaces = builtins.mapAttrs (_: _: { allowedUDPPorts = [ 67 ]; }) (
        lib.filterAttrs (_: { dhcpServer, ... }: dhcpServer != null) switched
      );
    };
  };
}
