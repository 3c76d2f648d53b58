# The policies of VMs in the form that rules, units and resolver use.
{ config, lib }:
let
  address = import ../network/addresses.nix { inherit lib; };
  inherit (address) isOf;
  cfg = config.microvm-emit;

  # The port of the resolver.
  resolverPort = 5380;
  webPorts = [
    "tcp . 80"
    "tcp . 443"
    "udp . 443"
  ];

  # Private and reserved ranges, by family.
  privateRanges = builtins.mapAttrs (_: builtins.attrNames) (lib.importJSON ./private-ranges.json);

  # A port in nftables syntax: "tcp . 443" for 443 and "tcp/443".
  portOf =
    port:
    if builtins.isInt port then "tcp . ${toString port}" else lib.replaceStrings [ "/" ] [ " . " ] port;
  reached =
    { to, ports }:
    {
      inherit to;
      ports = if ports == null then webPorts else map portOf ports;
    };

  # references.nix reports it.
  undefined = {
    ports = [ ];
    isLan = false;
  };

  # An interface as rules see it. `bridge` is the bridge of the tap or the host's VLAN interface, and `master` is the bridge of that
  # VLAN. `neighbors` are the IPv6 addresses as numbers, since rules compare neighbor advertisements with numbers.
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
  policyOf =
    vm:
    let
      isAddress = { to, ... }: builtins.match "[0-9./]+|.*:.*" to != null;
      allowed = lib.partition isAddress (map reached vm.allow);
    in
    {
      inherit (vm) network nameservers;
      links = map linkOf (builtins.filter ({ type, ... }: type == "tap") vm.interfaces);
      addresses = allowed.right;
      domains = allowed.wrong;
      # Without ports, all ports of the other VM.
      vms = map (
        { to, ports }: { inherit to; } // lib.optionalAttrs (ports != null) { ports = map portOf ports; }
      ) vm.reachVms;
      host = map portOf vm.reachHost;
    }
    // lib.optionalAttrs (vm.bandwidthMbitPerSecond != null) {
      mbitPerSecond = vm.bandwidthMbitPerSecond;
    };

  vms = lib.filterAttrs (_: vm: vm.links != [ ]) (builtins.mapAttrs (_: policyOf) cfg.vms);
  guests = lib.filterAttrs (_: vm: vm.network != "open") vms;
  named = network: lib.filterAttrs (_: vm: vm.network == network) guests;

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
  once = items: builtins.attrNames (lib.genAttrs items (_: null));

  leavesByAny = { nat, ... }: nat.enable && nat.externalInterface == null;
in
{
  inherit
    resolverPort
    privateRanges
    isOf
    vms
    guests
    named
    others
    guestOf
    tapsOf
    eachVm
    eachLink
    once
    ;
  isActive = cfg.bridges != { } || cfg.vlans != { } || cfg.routed != null;
  bridges = builtins.attrNames cfg.bridges;
  ports = lib.concatMap ({ ports, ... }: ports) (builtins.attrValues cfg.bridges);

  addressesOf =
    family: vm: lib.concatMap (link: builtins.filter (isOf family) link.addresses) vm.links;

  # Networks that contain only VMs. For a bridge with a LAN port, the rules of the LAN apply.
  networks = once (eachLink (link: lib.optional (!link.lan) (link.bridge or link.tap)) vms);

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
