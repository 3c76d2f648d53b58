# Reports conflicts between VMs, and of VMs and bridges with other modules of the host.
{ config, lib, ... }:
let
  facts = config.microvm-emit.policy;
  inherit (import ../network/addresses.nix { inherit lib; }) withoutPrefix;
  addressesIn = import ../network/host-addresses.nix { inherit lib; };
  inherit (facts)
    bridges
    guestOf
    others
    vms
    ;

  networksOf = { systemd, ... }: systemd.network.networks or { };
  addressesOfNetwork = network: map withoutPrefix (addressesIn.ofNetwork network);
  # With networkd, NixOS adds these to `systemd.network.networks`.
  interfacesOf =
    { networking, ... }:
    lib.optionalAttrs (!networking.useNetworkd or false) networking.interfaces or { };
  addressesOfInterface = interface: map withoutPrefix (addressesIn.ofInterface interface);

  # Values that must be unique among the VMs of a host, by kind: `own` for VMs of `microvm-emit.vms`, `foreign` for other VMs.
  vsockCid =
    name:
    let
      cid = (guestOf name).config.microvm.vsock.cid or null;
    in
    lib.optional (cid != null) (toString cid);
  own = {
    tap = name: map (link: link.tap) vms.${name}.links;
    "MAC address" = name: map (link: link.mac) vms.${name}.links;
    address = name: lib.concatMap (link: link.addresses) vms.${name}.links;
    "vsock CID" =
      name:
      let
        cid = config.microvm-emit.vms.${name}.vsockCid;
      in
      lib.optional (cid != null) (toString cid);
  };
  foreign = {
    tap =
      name:
      map ({ id, ... }: id) (
        builtins.filter ({ type, ... }: type == "tap") (guestOf name).config.microvm.interfaces
      );
    "MAC address" = name: map ({ mac, ... }: lib.toLower mac) (guestOf name).config.microvm.interfaces;
    address =
      name:
      let
        guest = (guestOf name).config;
      in
      lib.concatMap addressesOfNetwork (builtins.attrValues (networksOf guest))
      ++ lib.concatMap addressesOfInterface (builtins.attrValues (interfacesOf guest));
    "vsock CID" = vsockCid;
  };
  # The VMs with each value, by value.
  owners = builtins.mapAttrs (
    _: valuesOf:
    builtins.groupBy ({ value, ... }: value) (
      lib.concatMap (name: map (value: { inherit name value; }) (valuesOf name)) (builtins.attrNames vms)
    )
  ) own;
  ownersOf =
    kind: value: lib.concatMapStringsSep " and " ({ name, ... }: name) owners.${kind}.${value};

  # Git can merge the files of two VMs from two branches without a conflict, so two VMs can have one value.
  duplicatesOf =
    kind: values:
    map (
      value:
      "The VMs ${ownersOf kind value} have the same ${kind}: ${value}. Change it in one of them. If microvm-emit wrote them, run it again."
    ) (builtins.filter (value: lib.length values.${value} > 1) (builtins.attrNames values));

  conflictsOf =
    kind: valuesOf:
    lib.concatMap (
      other:
      map (
        value:
        "The VMs ${ownersOf kind value} and ${other} have the same ${kind}: ${value}. Change it in ${other}, or change the index of ${ownersOf kind value} in microvm-emit's config."
      ) (builtins.filter (value: owners.${kind} ? ${value}) (valuesOf other))
    ) (builtins.attrNames others);

  reportDuplicates =
    subject: bridge: places:
    lib.optional (lib.length places > 1)
      "${subject} of the bridge ${bridge} has several definitions: ${lib.concatStringsSep ", " places}. Keep one of them.";
  named =
    option: wanted: set:
    map (name: "${option}.${name}") (builtins.attrNames (lib.filterAttrs (_: wanted) set));
  conflictsOfBridge =
    bridge:
    reportDuplicates "The netdev" bridge (
      named "systemd.network.netdevs" (
        netdev: netdev.netdevConfig.Name or null == bridge
      ) config.systemd.network.netdevs
      ++ lib.optional (
        !config.networking.useNetworkd && config.networking.bridges ? ${bridge}
      ) "networking.bridges.${bridge}"
    )
    ++
      lib.concatMap
        (
          address:
          reportDuplicates "The address ${address}" bridge (
            named "systemd.network.networks" (network: lib.elem address (addressesOfNetwork network)) (
              networksOf config
            )
            ++ named "networking.interfaces" (interface: lib.elem address (addressesOfInterface interface)) (
              interfacesOf config
            )
          )
        )
        (
          lib.concatMap addressesOfNetwork (
            builtins.filter (network: toString (network.matchConfig.Name or "") == bridge) (
              builtins.attrValues (networksOf config)
            )
          )
        );
in
{
  assertions = lib.mkIf facts.isActive (
    map
      (message: {
        assertion = false;
        inherit message;
      })
      (
        lib.concatLists (lib.mapAttrsToList duplicatesOf owners)
        ++ lib.optionals (others != { }) (lib.concatLists (lib.mapAttrsToList conflictsOf foreign))
        ++ lib.unique (lib.concatMap conflictsOfBridge bridges)
      )
  );
}
