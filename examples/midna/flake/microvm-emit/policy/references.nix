# Reports undefined networks and VMs, and domains without an allowlist.
{ config, lib, ... }:
let
  facts = config.microvm-emit.policy;
  cfg = config.microvm-emit;

  eachOf = set: check: lib.concatLists (lib.mapAttrsToList check set);

  undefinedNetworks =
    name:
    { interfaces, ... }:
    map (
      { id, bridge, ... }:
      if bridge == null then
        "The interface ${id} of the VM ${name} has no bridge, but microvm-emit.routed is not defined."
      else
        "The interface ${id} of the VM ${name} uses the network ${bridge}, which is not defined in microvm-emit.bridges or microvm-emit.vlans."
    ) (builtins.filter isUndefined interfaces);
  isUndefined =
    { type, bridge, ... }:
    type == "tap"
    && (
      if bridge == null then cfg.routed == null else !(cfg.bridges ? ${bridge} || cfg.vlans ? ${bridge})
    );

  undefinedBridge =
    name:
    { bridge, ... }:
    lib.optional (
      !cfg.bridges ? ${bridge}
    ) "The VLAN ${name} uses the bridge ${bridge}, which is not defined in microvm-emit.bridges.";

  undefinedVms =
    name:
    { reachVms, ... }:
    map (
      { to, ... }: "The VM ${name} has ${to} in reachVms, which is not defined in microvm-emit.vms."
    ) (builtins.filter ({ to, ... }: !cfg.vms ? ${to}) reachVms);

  domainsWithoutAllowlist =
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
        eachOf cfg.vms undefinedNetworks
        ++ eachOf cfg.vlans undefinedBridge
        ++ eachOf cfg.vms undefinedVms
        ++ eachOf facts.enforced domainsWithoutAllowlist
      );
}
