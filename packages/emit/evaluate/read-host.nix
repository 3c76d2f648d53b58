# The microVMs of a NixOS host as data, without building anything. `flake` has the host as `nixosConfigurations.NAME`.
{
  flake,
  name,
  host ? flake.nixosConfigurations.${name},
}:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    filter
    isAttrs
    mapAttrs
    unsafeDiscardStringContext
    ;
  safe = import ./plain.nix;
  c = host.config;

  source = unsafeDiscardStringContext (toString (flake.sourceInfo or flake).outPath);
  inputs = flake.inputs or { };
  inputsWith = isWanted: filter (input: isWanted (inputs.${input} or { })) (attrNames inputs);
  bridgeDevices = filter (device: (device.netdevConfig.Kind or "") == "bridge") (
    attrValues (c.systemd.network.netdevs or { })
  );
in
{
  inherit source;
  inputs = {
    microvm = inputsWith (input: input ? nixosModules.microvm && input ? nixosModules.host);
    nixpkgs = inputsWith (input: input ? lib.nixosSystem);
    all = attrNames inputs;
  };
  system = host.pkgs.stdenv.hostPlatform.system;
  hostName = c.networking.hostName;
  stateVersion = c.system.stateVersion;
  stateDirectory = toString c.microvm.stateDir;
  startupTimeoutSeconds = c.microvm.host.startupTimeout or 150;
  useNotifySockets = c.microvm.host.useNotifySockets or false;
  accounts = import ./accounts.nix c;
  bridges = attrNames c.networking.bridges ++ map (device: device.netdevConfig.Name) bridgeDevices;
  interfaces = mapAttrs (
    _:
    { ipv4, ipv6, ... }:
    map ({ address, prefixLength, ... }: "${address}/${toString prefixLength}") (
      ipv4.addresses ++ ipv6.addresses
    )
  ) c.networking.interfaces;
  networks = import ./network.nix c;
  nat = safe { inherit (c.networking.nat) enable externalInterface internalInterfaces; };
  definitions = concatMap (
    { file, value }:
    if isAttrs value then
      [
        {
          file = toString file;
          vms = attrNames value;
        }
      ]
    else
      [ ]
  ) host.options.microvm.vms.definitionsWithLocations;
  vms = mapAttrs (
    vm: _:
    import ./read-vm.nix {
      inherit host source;
      name = vm;
    }
  ) c.microvm.vms;
}
