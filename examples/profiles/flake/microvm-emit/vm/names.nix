# Makes VMs known by name on their host: in /etc/hosts, to ssh with their host keys, and in a file for microvm-emit's commands.
{ config, lib, ... }:
let
  cfg = config.microvm-emit;
  inherit (cfg) user;
  address = import ../network/addresses.nix { inherit lib; };

  addressesOf =
    vm: map address.withoutPrefix (lib.concatMap ({ addresses, ... }: addresses) vm.interfaces);
  workspaceOf =
    vm:
    lib.findFirst (share: share.tag == "workspace") {
      source = null;
      mountPoint = null;
    } vm.shares;
  # The image with a folder of the guest: the innermost mount is the longest path.
  imageAt =
    folder: volumes:
    let
      isAbove =
        { mountPoint, ... }:
        mountPoint != null && (mountPoint == "/" || lib.hasPrefix "${mountPoint}/" "${folder}/");
      lengthOf = { mountPoint, ... }: builtins.stringLength mountPoint;
      sorted = builtins.sort (a: b: lengthOf a > lengthOf b) (builtins.filter isAbove volumes);
    in
    if sorted == [ ] then null else (builtins.head sorted).image;
  guestOf = name: (import ./nixos-of.nix name config.microvm.vms.${name}).config;

  factsOf =
    name: vm:
    let
      shared = workspaceOf vm;
      inherit (vm) repository;
    in
    {
      addresses = addressesOf vm;
      user = user.name;
      workspace =
        if repository != null then
          repository.mountPoint
        else if shared.mountPoint == null then
          shared.source
        else
          shared.mountPoint;
      repository =
        if repository == null then
          null
        else
          {
            inherit (repository) clone;
            image = imageAt repository.mountPoint vm.volumes;
          };
      agent = (guestOf name).microvm-emit.agent.command;
      inherit (vm) guest sshHostKeys;
      images = map ({ image, ... }: image) vm.volumes;
      taps = map ({ id, ... }: id) (builtins.filter ({ type, ... }: type == "tap") vm.interfaces);
    };

  knownHosts = "/run/microvm-known-hosts";
  # The user's ~/.ssh/config comes first, so a user can set other values.
  sshOf =
    name: vm:
    let
      addresses = addressesOf vm;
    in
    lib.optional (addresses != [ ]) "  HostName ${builtins.head addresses}"
    ++ lib.optional (user.name != null) "  User ${user.name}"
    ++ lib.optionals (vm.sshHostKeys != null) [
      "  HostKeyAlias ${name}"
      "  UserKnownHostsFile ${knownHosts}/${name}"
      "  StrictHostKeyChecking yes"
    ]
    # A guest could use the keys and the screen of the client.
    ++ [
      "  ForwardAgent no"
      "  ForwardX11 no"
    ];

  # A VM with the name of its host must not replace the host.
  named = lib.filterAttrs (
    name: _: name != config.networking.hostName && name != "localhost"
  ) cfg.vms;
in
{
  config = lib.mkIf (cfg.vms != { }) {
    environment.etc."microvm/vms.json".text = builtins.toJSON {
      host = config.networking.hostName;
      inherit (config.microvm) stateDir;
      bridges = builtins.attrNames (cfg.bridges // cfg.vlans);
      vms = lib.mapAttrs factsOf cfg.vms;
    };

    networking.hosts = lib.zipAttrsWith (_: lib.concatLists) (
      lib.mapAttrsToList (name: vm: lib.genAttrs (addressesOf vm) (_: [ name ])) named
    );

    # `Host *` ends the last block, because other modules can append lines.
    programs.ssh.extraConfig = lib.concatLines (
      lib.concatLists (lib.mapAttrsToList (name: vm: [ "Host ${name}" ] ++ sshOf name vm) named)
      ++ [ "Host *" ]
    );
  };
}
