# A microVM as data: the values of microvm.nix's options, and the files of the user that define them.
{
  host,
  name,
  # The folder of the flake in the store.
  source,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    elem
    filter
    isAttrs
    listToAttrs
    match
    tryEval
    ;
  safe = import ./plain.nix;
  vm = host.config.microvm.vms.${name};

  kind =
    if (vm.evaluatedConfig or null) != null then
      "evaluatedConfig"
    else if (vm.flake or null) != null then
      "flake"
    else
      "config";
  guest =
    {
      inherit (vm) config;
      evaluatedConfig = vm.evaluatedConfig;
      flake = vm.flake.nixosConfigurations.${name};
    }
    .${kind};

  # The options whose values a config can have. Values of others may need packages.
  isRead =
    option:
    elem option [
      "balloon"
      "cpu"
      "credentialFiles"
      "deflateOnOOM"
      "devices"
      "forwardPorts"
      "graphics.backend"
      "graphics.enable"
      "hotplugMem"
      "hotpluggedMem"
      "hugepageMem"
      "hypervisor"
      "initialBalloonMem"
      "interfaces"
      "machineId"
      "mem"
      "shares"
      "socket"
      "storeDiskType"
      "storeOnDisk"
      "user"
      "vcpu"
      "volumes"
      "vsock.cid"
      "vsock.ssh.enable"
      "writableStoreOverlay"
    ];
  isOfUser = file: match ".*/(nixos-modules/microvm|nixos/modules|nixos/lib)(/.*)?" file == null;
  definitionsOf =
    option:
    let
      tried = tryEval option.definitionsWithLocations;
    in
    filter isOfUser (map ({ file, ... }: toString file) (if tried.success then tried.value else [ ]));
  # The options that are read, and the others that the user defines.
  walk =
    path: options:
    concatMap (
      option:
      let
        value = options.${option};
        here = path ++ [ option ];
        name = concatStringsSep "." here;
        files = definitionsOf value;
      in
      # A default package may be missing in the package set.
      if option == "_module" || !isAttrs value || (value.type.name or null) == "package" then
        [ ]
      else if (value._type or null) != "option" then
        walk here value
      else if isRead name || files != [ ] then
        [
          {
            inherit name;
            value = {
              inherit files;
              value = if isRead name then safe value.value else null;
            };
          }
        ]
      else
        [ ]
    ) (attrNames options);

  # The modules of the flake that others of it do not import.
  ownModules =
    { file, imports, ... }:
    if builtins.substring 0 (builtins.stringLength source) (toString file) == source then
      [ (toString file) ]
    else
      concatMap ownModules imports;

  c = guest.config;
in
{
  inherit name kind;
  autostart = vm.autostart || elem name host.config.microvm.autostart;
  inherit (vm) restartIfChanged;
  options = listToAttrs (walk [ ] guest.options.microvm);
  hostName = c.networking.hostName;
  stateVersion = c.system.stateVersion;
  networks = import ./network.nix c;
  networkFiles = map (
    { file, value }:
    {
      file = toString file;
      names = attrNames value;
    }
  ) guest.options.systemd.network.networks.definitionsWithLocations;
  nameservers = c.networking.nameservers;
  firewall = {
    inherit (c.networking.firewall) enable allowedTCPPorts allowedUDPPorts;
  };
  accounts = import ./accounts.nix c;
  # The modules of a system that a flake builds; null where NixOS is too old to tell.
  modules = if kind == "flake" && guest ? graph then concatMap ownModules guest.graph else null;
}
