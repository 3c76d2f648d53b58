# Network of a guest: the content of a .network file (systemd.network(5)) for each interface of its VM.
{ lib, networks }:
let
  address = import ../network/addresses.nix { inherit lib; };

  networkOf =
    interface:
    if interface.type == "tap" then
      if interface.bridge == null then
        lib.optionalAttrs (networks.routed != null) networks.routed
      else
        networks.bridges.${interface.bridge} or networks.vlans.${interface.bridge} or { }
    else
      networks.bridges.${toString interface.bridge} or { };
  gatewaysOf =
    interface:
    let
      network = networkOf interface;
    in
    if interface.gateways != null then
      interface.gateways
    else if network.gateway or null != null then
      [ network.gateway ]
    else
      map address.withoutPrefix network.addresses or [ ];
in
position: interface:
let
  isFirst = position == 0;
  isRouted = interface.type == "tap" && interface.bridge == null;
  isIpv4 = written: !address.isIpv6 written;
  fixed = builtins.filter (written: !(interface.dhcp && isIpv4 written)) interface.addresses;
  isLeased = interface.dhcp && lib.any isIpv4 interface.addresses;
  own = map address.withoutPrefix interface.addresses;

  # A VM can be the gateway of its network. It then has no route through it.
  routesFor =
    written:
    map
      (
        gateway:
        lib.optionalAttrs (!isFirst) { Destination = address.subnetOf written; }
        // {
          Gateway = gateway;
        }
        # The gateway is outside the guest's subnet of one address.
        // lib.optionalAttrs isRouted { GatewayOnLink = true; }
      )
      (
        lib.optionals (isFirst || isRouted) (
          builtins.filter (
            gateway: address.isIpv6 gateway == address.isIpv6 written && !builtins.elem gateway own
          ) (gatewaysOf interface)
        )
      );
in
{
  name = if isFirst then "10-e" else "10-e${toString position}";
  inherit (interface) mac;
  addresses = if isRouted then map address.aloneOf fixed else fixed;
  network = lib.optionalAttrs interface.dhcp { DHCP = "ipv4"; };
  dhcpV4 =
    # The host's DHCP server has static leases for MAC addresses.
    lib.optionalAttrs isLeased { ClientIdentifier = "mac"; }
    // lib.optionalAttrs (interface.dhcp && !isFirst) { UseGateway = false; };
  routes = lib.concatMap routesFor fixed;
}
