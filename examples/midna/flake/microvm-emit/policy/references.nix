# Asserts that options refer to networks and VMs that exist, and that policies use their destinations.
{ config, lib, ... }:
let
  facts = config.microvm-emit.policy;
  cfg = config.microvm-emit;

  eachOf = set: check: lib.concatLists (lib.mapAttrsToList check set);

  networksOf =
    name:
    { interfaces, ... }:
    map (
      { id, bridge, ... }:
      if bridge == null then
        "The interface ${id} of the VM ${name} has no bridge, but microvm-emit.routed is not defined."
      else
        "The interface ${id} of the VM ${name} is in the network ${bridge}, but neither microvm-emit.bridges nor microvm-emit.vlans defines it."
    ) (builtins.filter isHomeless interfaces);
  isHomeless =
    { type, bridge, ... }:
    type == "tap"
    && (
      if bridge == null then cfg.routed == null else !(cfg.bridges ? ${bridge} || cfg.vlans ? ${bridge})
    );

  bridgeOf =
    name:
    { bridge, ... }:
    lib.optional (
      !cfg.bridges ? ${bridge}
    ) "The VLAN ${name} is on the bridge ${bridge}, but microvm-emit.bridges does not define it.";

  vmsOf =
    name:
    { reachVms, ... }:
    map (
      { to, ... }: "The VM ${name} has ${to} in reachVms, but microvm-emit.vms does not define it."
    ) (builtins.filter ({ to, ... }: !cfg.vms ? ${to}) reachVms);

  domainsOf =
    name:
    { network, domains, ... }:
    lib.optionals (network != "allowlist") (
      map (
        { to, ... }:
        "The VM ${name} allows the domain ${to}, but its network is \"${network}\". Domains need network = \"allowlist\"."
      ) domains
    );
in
{
  assertions =
    map
      (message: {
        assertion = false;
        inherit message;
      })
      (
        eachOf cfg.vms networksOf
        ++ eachOf cfg.vlans bridgeOf
        ++ eachOf cfg.vms vmsOf
        ++ eachOf facts.guests domainsOf
      );
}
