# The keys of VMs, prepared for the proxy, its units and assertions.
{ config, lib }:
let
  cfg = config.microvm-emit;
  address = import ../network/addresses.nix { inherit lib; };

  withKeys = lib.filterAttrs (_: vm: vm.keys != { }) cfg.vms;
  # Only the rules of an enforced policy make the source address of a VM unforgeable.
  isEnforced = name: cfg.policy.enforced ? ${name};
  allowed = lib.filterAttrs (name: _: isEnforced name) withKeys;

  addressesOf = name: lib.concatMap ({ addresses, ... }: addresses) cfg.policy.enforced.${name}.links;
  networkOf =
    { bridge, ... }:
    if bridge == null then cfg.routed else cfg.bridges.${bridge} or cfg.vlans.${bridge} or null;
  # The host's addresses in the networks of a VM, as in a URL. IPv4 is first.
  hostAddressesOf =
    vm:
    lib.concatMap (
      interface:
      let
        network = networkOf interface;
        written = map address.withoutPrefix (if network == null then [ ] else network.addresses);
        sorted = lib.partition (address.isOf 4) written;
      in
      lib.take 1 (sorted.right ++ map (one: "[${one}]") sorted.wrong)
    ) (builtins.filter ({ type, ... }: type == "tap") vm.interfaces);

  isKnown = provider: cfg.gateway.providers ? ${provider};
  providersOf = vm: builtins.filter isKnown (builtins.attrNames vm.keys);
  used = lib.unique (lib.concatMap providersOf (builtins.attrValues allowed));
  providers = lib.filterAttrs (name: _: builtins.elem name used) cfg.gateway.providers;

  ports = lib.mapAttrsToList (_: { port, ... }: port) providers;
in
{
  inherit providers;
  isActive = providers != { };

  # The VMs of each provider with the file of the key and the addresses of the VM.
  rights = builtins.mapAttrs (
    provider: _:
    lib.mapAttrsToList (name: { keys, ... }: {
      inherit name;
      file = toString keys.${provider}.file;
      limit = keys.${provider}.requestsPerMinute;
      addresses = addressesOf name;
    }) (lib.filterAttrs (_: { keys, ... }: keys ? ${provider}) allowed)
  ) providers;

  # A group of servers in nginx. Each VM has its own, so that no VM can receive a response of another on a shared connection.
  upstreamOf = provider: vm: "${provider}_${vm}";

  names = lib.concatMapAttrs (name: _: lib.genAttrs (addressesOf name) (_: name)) cfg.policy.enforced;

  listen = lib.unique (
    lib.concatLists (
      lib.mapAttrsToList (
        _: vm:
        lib.concatMap (
          host: map (provider: "${host}:${toString providers.${provider}.port}") (providersOf vm)
        ) (hostAddressesOf vm)
      ) allowed
    )
  );

  mistakes =
    lib.concatLists (
      lib.mapAttrsToList (
        name: vm:
        map (
          provider:
          "The VM ${name} has a key for ${provider}, which is not defined in microvm-emit.gateway.providers."
        ) (builtins.filter (provider: !isKnown provider) (builtins.attrNames vm.keys))
        ++
          lib.optional (!isEnforced name)
            "The VM ${name} has keys, but no enforced network policy. Keys need a tap and a network other than \"open\"."
        ++ lib.optional (
          isEnforced name && (addressesOf name == [ ] || hostAddressesOf vm == [ ])
        ) "The VM ${name} has keys, but the VM or its host has no fixed address in the VM's networks."
        ++ lib.concatLists (
          lib.mapAttrsToList (
            provider:
            { file, ... }:
            lib.optional (lib.hasPrefix builtins.storeDir (toString file)) "The key of ${name} for ${provider} is in the Nix store, which every user can read. Use a file outside of it."
          ) vm.keys
        )
      ) withKeys
    )
    ++ map (
      provider:
      "The provider ${provider} in microvm-emit.gateway.providers has a name with other characters than a-z, 0-9 and _."
    ) (builtins.filter (provider: builtins.match "[a-z0-9_]+" provider == null) used)
    ++ lib.optional (
      lib.unique ports != ports
    ) "Two providers in microvm-emit.gateway.providers have the same port.";
}
