# The addresses that a NixOS configuration gives to interfaces, with prefix length.
{ lib }:
{
  # The addresses in a value of `systemd.network.networks`.
  ofNetwork =
    network:
    network.address or [ ]
    ++ lib.toList (network.networkConfig.Address or [ ])
    ++ lib.concatMap (
      one: lib.toList (one.Address or one.addressConfig.Address or [ ])
    ) network.addresses or [ ];

  # The addresses in a value of `networking.interfaces`.
  ofInterface =
    { ipv4, ipv6, ... }:
    map ({ address, prefixLength, ... }: "${address}/${toString prefixLength}") (
      ipv4.addresses ++ ipv6.addresses
    );
}
