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
  ) (builtins.attrValues cfg.vms);
  # The first IPv4 address of a VM in a network with NAT.
  addressOf =
    vm:
    let
      reached = builtins.filter (
        { type, bridge, ... }:
        if bridge != null then interfaces ? ${bridge} else type == "tap" && routed != null
      ) vm.interfaces;
      addresses = builtins.filter (address.isOf 4) (
        lib.concatMap ({ addresses, ... }: addresses) reached
      );
    in
    lib.throwIf (addresses == [ ])
      "A VM with `publish` needs an IPv4 address in a network with `nat.externalInterface`."
      (address.withoutPrefix (builtins.head addresses));
in
{
  config = lib.mkIf (networks != [ ]) {
    networking.nat = {
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
