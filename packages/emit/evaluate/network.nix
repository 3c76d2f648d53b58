# The files of systemd-networkd that a machine has, by name.
config:
let
  safe = import ./plain.nix;
  networks = config.systemd.network.networks;
in
builtins.mapAttrs (name: _: {
  match = safe networks.${name}.matchConfig;
  addresses =
    map (address: address.Address or address.addressConfig.Address) (safe networks.${name}.addresses)
    ++ safe networks.${name}.address;
  gateways =
    safe networks.${name}.gateway
    ++ builtins.filter (gateway: gateway != null) (
      map (route: route.Gateway or route.routeConfig.Gateway or null) (safe networks.${name}.routes)
    );
  dns = safe networks.${name}.dns;
  settings = safe networks.${name}.networkConfig;
}) networks
