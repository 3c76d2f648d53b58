# Creates the folders and SSH host keys of a VM on the host before the VM starts.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.microvm-emit;
  inherit (cfg) user;
  inherit (user) ids;

  folders = import ../folders.nix { inherit lib; };

  ownedByUser = mode: "${mode} ${toString ids.uid}:${toString ids.gid}";
  parentsOf = source: lib.optionals (user.name != null) (folders.between ids.homeDirectory source);
  directoriesOf =
    vm:
    let
      shares = builtins.filter ({ source, ... }: source != "/nix/store") vm.shares;
      sources =
        map ({ source, ... }: source) shares ++ lib.optional (vm.sshHostKeys != null) vm.sshHostKeys;
    in
    lib.genAttrs (lib.concatMap parentsOf sources) (_: ownedByUser "0755")
    // lib.listToAttrs (map ({ source, mode, ... }: lib.nameValuePair source (ownedByUser mode)) shares)
    # Only sshd in the guest reads the keys, as root.
    // lib.optionalAttrs (vm.sshHostKeys != null) { ${vm.sshHostKeys} = "0700 0:0"; };

  exposedOf = import ./exposed.nix { inherit lib cfg; };
  pageOf = import ./page.nix {
    inherit lib;
    host = config.networking.hostName;
  };

  states = lib.filterAttrs (_: state: state.directories != { }) (
    lib.mapAttrs (
      name: vm:
      let
        directories = directoriesOf vm;
        exposed = lib.unique (lib.concatMap exposedOf (builtins.attrNames directories));
      in
      {
        inherit directories;
      }
      // lib.optionalAttrs (exposed != [ ]) { inherit exposed; }
      // lib.optionalAttrs (vm.sshHostKeys != null) {
        inherit (vm) sshHostKeys;
        page = pageOf name vm;
      }
    ) cfg.vms
  );
  pathsOf = { directories, ... }: builtins.attrNames directories;
in
{
  options.microvm-emit.states = lib.mkOption {
    type = lib.types.raw;
    readOnly = true;
    internal = true;
    default = states;
    description = "Folders and SSH host keys of each VM. As an option, they are evaluated only once.";
  };

  config = lib.mkIf (states != { }) {
    microvm-emit.ownFolders = lib.concatMap pathsOf (builtins.attrValues states);

    environment.etc."microvm/state.json".text = builtins.toJSON states;

    systemd.services = lib.mkIf config.microvm.host.enable {
      "microvm-state@" = {
        description = "Folders and SSH host key of MicroVM '%i'";
        before = [
          "microvm-virtiofsd@%i.service"
          "microvm@%i.service"
        ];
        restartIfChanged = false;
        path = [ pkgs.openssh ];
        # NixOS assigns unset ids at activation, so only the running host knows them.
        preStart = lib.mkIf (user.name != null) ''
          ids=$(id -u ${user.name}):$(id -g ${user.name})
          if [ "$ids" != ${toString ids.uid}:${toString ids.gid} ]; then
            echo "${user.name} has the ids $ids, but its VMs use ${toString ids.uid}:${toString ids.gid}. Set users.users.${user.name}.uid, and the gid of its group, in the NixOS configuration of the host." >&2
            exit 1
          fi
        '';
        serviceConfig = (import ../hardening.nix).files // {
          Type = "oneshot";
          ExecStart = "${pkgs.python3}/bin/python3 ${./state}/create.py /etc/microvm/state.json %i";
          ProtectSystem = true;
        };
      };
      "microvm-virtiofsd@".requires = [ "microvm-state@%i.service" ];
      "microvm@".requires = [ "microvm-state@%i.service" ];
    };
  };
}
