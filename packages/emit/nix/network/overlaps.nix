# Warns about networks of VMs that overlap other networks of the host.
{ config, lib, ... }:
let
  address = import ./addresses.nix { inherit lib; };
  addressesIn = import ./host-addresses.nix { inherit lib; };
  cfg = config.microvm-emit;
  inherit (config) networking services virtualisation;

  # The subnet of an existing bridge belongs to another program.
  own = lib.filterAttrs (_: network: !network.existing or false) (
    cfg.bridges // cfg.vlans // lib.optionalAttrs (cfg.routed != null) { inherit (cfg) routed; }
  );
  isOwn = name: own ? ${name} || cfg.bridges ? ${name};

  ifEnabled = program: lib.optionals program.enable;
  docker = virtualisation.docker.daemon.settings;
  pools = map ({ base, ... }: base) (
    docker.default-address-pools or (map (base: { inherit base; }) [
      # Docker takes its first 15 networks from these ranges. VMs may use its later ones in 192.168.0.0/16.
      "172.17.0.0/16"
      "172.18.0.0/15"
      "172.20.0.0/14"
      "172.24.0.0/13"
    ])
  );
  subnetsByProgram = {
    Docker = ifEnabled virtualisation.docker (pools ++ lib.optional (docker ? bip) docker.bip);
    Podman = ifEnabled virtualisation.podman [ "10.88.0.0/16" ];
    libvirt = ifEnabled virtualisation.libvirtd [ "192.168.122.0/24" ];
    Tailscale = ifEnabled services.tailscale [
      "100.64.0.0/10"
      "fd7a:115c:a1e0::/48"
    ];
  }
  // named "networking.wireguard.interfaces" (
    link: link.ips ++ peersOf link
  ) networking.wireguard.interfaces
  // named "networking.wg-quick.interfaces" (
    link: link.address ++ peersOf link
  ) networking.wg-quick.interfaces
  # With networkd, NixOS adds these to `systemd.network.networks`.
  // named "networking.interfaces" addressesIn.ofInterface (
    lib.optionalAttrs (!networking.useNetworkd) (
      lib.filterAttrs (name: _: !isOwn name) networking.interfaces
    )
  )
  // named "systemd.network.networks" addressesIn.ofNetwork (
    lib.filterAttrs isOfHost config.systemd.network.networks
  );
  named =
    option: addressesOf:
    lib.mapAttrs' (name: value: lib.nameValuePair "${option}.${name}" (addressesOf value));
  peersOf = { peers, ... }: lib.concatMap ({ allowedIPs, ... }: allowedIPs) peers;
  isOfHost =
    name: network: !lib.hasPrefix "0-2" name && !isOwn (toString (network.matchConfig.Name or ""));

  # False for default routes, which every subnet overlaps, and for the halves into which some VPNs split them.
  isSubnet =
    written:
    builtins.match "([0-9.]+|[0-9a-fA-F:]+)/[0-9]+" written != null && address.lengthOf written > 1;
  overlaps = lib.concatLists (
    lib.mapAttrsToList (
      name:
      { addresses, ... }:
      lib.concatMap (
        mine:
        lib.concatLists (
          lib.mapAttrsToList (
            program: subnets:
            map (other: "${name} (${address.subnetOf mine}) overlaps ${other} of ${program}.") (
              builtins.filter (other: isSubnet other && address.overlap mine other) subnets
            )
          ) subnetsByProgram
        )
      ) addresses
    ) own
  );
in
{
  warnings = lib.optional (overlaps != [ ]) ''
    Networks of MicroVMs overlap other networks of this host, which then reaches only one of them:
    ${lib.concatStringsSep "\n" (lib.unique overlaps)}
    Choose another subnet for the MicroVMs.
  '';
}
