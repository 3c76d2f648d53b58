# NAT on one external interface, with published ports. ../policy/rules.nix contains NAT on any interface.
{ config, lib, ... }:
let
  address = import ./addresses.nix { inherit lib; };
  cfg = config.microvm-emit;

  usesNat = network: network.nat.enable && network.nat.externalInterface != null;
  interfaces = lib.filterAttrs (_: usesNat) (cfg.bridges // cfg.vlans);
  routed = if cfg.routed != null && usesNat cfg.routed then cfg.routed else null;
  networks = builtins.attrValues interfaces ++ lib.optional (routed != null) routed;
  subnetsOf =
    family:
    lib.optionals (routed != null) (
      map address.subnetOf (builtins.filter (address.isOf family) routed.addresses)
    );

  publishing = lib.filterAttrs (_: { publish, ... }: publish != [ ]) cfg.vms;
  published = lib.concatMap (
    vm:
    map (
      {
        proto,
        host,
        guest,
      }:
      {
        inherit proto;
        sourcePort = host;
        destination = "${addressOf vm}:${toString guest}";
      }
    ) vm.publish
  ) (builtins.filter (vm: addressesOf vm != [ ]) (builtins.attrValues publishing));
  # Whether a rule of the host forwards a port. NixOS writes ranges as "60000:61000".
  forwards =
    port: rule:
    let
      ends = map lib.toInt (lib.splitString ":" (toString rule.sourcePort));
    in
    rule.proto == port.proto
    && builtins.head ends <= port.sourcePort
    && port.sourcePort <= lib.last ends;
  forwardedTwice = builtins.filter (
    port: lib.count (forwards port) config.networking.nat.forwardPorts > 1
  ) published;
  addressOf = vm: address.withoutPrefix (builtins.head (addressesOf vm));
  # The IPv4 addresses of a VM in networks with NAT.
  addressesOf =
    vm:
    let
      reached = builtins.filter (
        { type, bridge, ... }:
        if bridge != null then interfaces ? ${bridge} else type == "tap" && routed != null
      ) vm.interfaces;
    in
    builtins.filter (address.isOf 4) (lib.concatMap ({ addresses, ... }: addresses) reached);
in
{
  config = {
    assertions =
      lib.mapAttrsToList (name: vm: {
        assertion = addressesOf vm != [ ];
        message = "The VM ${name} has `publish`, but no IPv4 address in a network with `nat.enable` and `nat.externalInterface`.";
      }) publishing
      ++ map (
        { proto, sourcePort, ... }:
        {
          assertion = false;
          message = "The host forwards ${proto} port ${toString sourcePort} twice: to a VM by `publish`, and to another VM or by `networking.nat.forwardPorts`.";
        }
      ) forwardedTwice;

    networking.nat = lib.mkIf (networks != [ ]) {
      enable = true;
      enableIPv6 = lib.mkIf (lib.any ({ nat, ... }: nat.ipv6) networks) true;
      internalInterfaces = builtins.attrNames interfaces;
      internalIPs = subnetsOf 4;
      internalIPv6s = lib.mkIf (routed != null && routed.nat.ipv6) (subnetsOf 6);
      forwardPorts = published;
      inherit ((builtins.head networks).nat) externalInterface;
    };
  };
}
