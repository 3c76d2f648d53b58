# Policies of VMs, prepared for rules, units and resolver.
{ config, lib }:
let
  address = import ../network/addresses.nix { inherit lib; };
  inherit (address) isOf;
  cfg = config.microvm-emit;

  resolverPort = 5380;
  webPorts = [
    "tcp . 80"
    "tcp . 443"
    "udp . 443"
  ];

  # Private and reserved ranges, by address family.
  privateRanges = builtins.mapAttrs (_: builtins.attrNames) (lib.importJSON ./private-ranges.json);

  # A port in nftables syntax: "tcp . 443" for 443 and "tcp/443".
  portOf =
    port:
    if builtins.isInt port then "tcp . ${toString port}" else lib.replaceStrings [ "/" ] [ " . " ] port;
  destinationOf =
    { to, ports }:
    {
      inherit to;
      ports = if ports == null then webPorts else map portOf ports;
    };

  # references.nix reports undefined bridges.
  undefined = {
    ports = [ ];
    isLan = false;
  };

  # An interface for the rules. `bridge` is the bridge of the tap or the host's VLAN interface, `master` the bridge of that VLAN.
  # `neighbors` are the IPv6 addresses as numbers, because nftables has no name for the address of a neighbor advertisement.
  linkOf =
    interface:
    let
      inherit (interface) bridge mac;
      addresses = map address.withoutPrefix interface.addresses;
      ipv6 = builtins.filter address.isIpv6 addresses;
      local = address.linkLocalOf mac;
      # A VLAN has the ports of its bridge.
      network = cfg.bridges.${cfg.vlans.${bridge}.bridge or bridge} or undefined;
    in
    {
      tap = interface.id;
      inherit mac addresses;
      lan = bridge != null && (network.ports != [ ] || (network.isLan && cfg.bridges ? ${bridge}));
    }
    // lib.optionalAttrs (bridge != null) { inherit bridge; }
    // lib.optionalAttrs (cfg.vlans ? ${toString bridge}) { master = cfg.vlans.${bridge}.bridge; }
    // lib.optionalAttrs (ipv6 != [ ]) {
      local = [ local ];
      neighbors = map address.hexadecimal (ipv6 ++ [ local ]);
    };
  # gateway/facts.nix reports unknown providers.
  providersOf =
    { keys, ... }: builtins.attrNames (builtins.intersectAttrs keys cfg.gateway.providers);
  portOfProvider = name: cfg.gateway.providers.${name}.port;
  policyOf =
    vm:
    let
      isAddress = { to, ... }: builtins.match "[0-9./]+|.*:.*" to != null;
      allowed = lib.partition isAddress (map destinationOf vm.allow);
    in
    {
      inherit (vm) network nameservers;
      links = map linkOf (builtins.filter ({ type, ... }: type == "tap") vm.interfaces);
      addresses = allowed.right;
      domains = allowed.wrong;
      # Without `ports`, the VM can reach all ports of the other VM.
      vms = map (
        { to, ports }: { inherit to; } // lib.optionalAttrs (ports != null) { ports = map portOf ports; }
      ) vm.reachVms;
      host = map portOf (vm.reachHost ++ map portOfProvider (providersOf vm));
    }
    // lib.optionalAttrs (vm.bandwidthMbitPerSecond != null) {
      mbitPerSecond = vm.bandwidthMbitPerSecond;
    };

  vms = lib.filterAttrs (_: vm: vm.links != [ ]) (builtins.mapAttrs (_: policyOf) cfg.vms);
  enforced = lib.filterAttrs (_: vm: vm.network != "open") vms;
  withNetwork = network: lib.filterAttrs (_: vm: vm.network == network) enforced;

  # VMs of other modules of this host.
  others = removeAttrs config.microvm.vms (builtins.attrNames cfg.vms);
  guestOf = name: import ../vm/nixos-of.nix name config.microvm.vms.${name};
  tapsOf =
    name:
    map ({ id, ... }: id) (
      builtins.filter ({ type, ... }: type == "tap") (guestOf name).config.microvm.interfaces
    );

  eachVm = make: vms: lib.concatMap make (builtins.attrValues vms);
  eachLink = make: eachVm (vm: lib.concatMap make vm.links);
  # `lib.unique` is too slow for the lists of a thousand VMs.
  distinct = items: builtins.attrNames (lib.genAttrs items (_: null));

  leavesByAny = { nat, ... }: nat.enable && nat.externalInterface == null;
in
{
  inherit
    resolverPort
    privateRanges
    isOf
    vms
    enforced
    withNetwork
    others
    guestOf
    tapsOf
    eachVm
    eachLink
    distinct
    ;
  isActive = cfg.bridges != { } || cfg.vlans != { } || cfg.routed != null;
  bridges = builtins.attrNames cfg.bridges;
  ports = lib.concatMap ({ ports, ... }: ports) (builtins.attrValues cfg.bridges);

  addressesOf =
    family: vm: lib.concatMap (link: builtins.filter (isOf family) link.addresses) vm.links;

  # Networks of VMs only. In a bridge with a LAN port, VMs are machines of the LAN.
  networks = distinct (eachLink (link: lib.optional (!link.lan) (link.bridge or link.tap)) vms);

  # Subnets with NAT on any external interface. `networking.nat` supports one external interface only.
  masquerade =
    lib.concatMap
      (
        { addresses, nat, ... }:
        map address.subnetOf (builtins.filter (written: isOf 4 written || nat.ipv6) addresses)
      )
      (
        builtins.filter leavesByAny (
          builtins.attrValues (cfg.bridges // cfg.vlans) ++ lib.optional (cfg.routed != null) cfg.routed
        )
      );

  portsOnHost =
    vm:
    vm.host
    ++ lib.optionals (vm.network == "allowlist") [
      "udp . ${toString resolverPort}"
      "tcp . ${toString resolverPort}"
    ];
}
