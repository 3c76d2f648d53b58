# Stops VMs that left the configuration, since NixOS does not stop them, and moves the folders of renamed VMs.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.microvm-emit;
  inherit (config.microvm) stateDir vms;
  exposedOf = import ./exposed.nix { inherit lib cfg; };

  renamed = lib.mapAttrs (
    _:
    { renamed, ... }:
    let
      folders = [ stateDir ] ++ renamed.folders;
    in
    {
      inherit folders;
      before = renamed.from;
      exposed = lib.concatMap exposedOf folders;
    }
  ) (lib.filterAttrs (_: { renamed, ... }: renamed != null) cfg.vms);
in
{
  config = lib.mkIf config.microvm.host.enable {
    assertions = lib.mapAttrsToList (name: { before, ... }: {
      assertion = !vms ? ${before};
      message = "The former name of the VM ${name}, ${before}, is still a VM of this host. Remove `microvm-emit.vms.${name}.renamed`.";
    }) renamed;

    environment.etc."microvm/retire.json".text = builtins.toJSON {
      vms = builtins.attrNames cfg.vms;
      declared = builtins.attrNames vms;
      inherit renamed;
    };

    systemd.services = {
      microvm-retire = {
        description = "Stop removed MicroVMs and move the folders of renamed ones";
        wantedBy = [ "multi-user.target" ];
        # It creates the folders of new VMs.
        before = [ "microvm-install.service" ];
        path = [ config.systemd.package ];
        restartTriggers = [ config.environment.etc."microvm/retire.json".source ];
        serviceConfig = (import ../hardening.nix).files // {
          Type = "oneshot";
          RemainAfterExit = true;
          StateDirectory = "microvm-emit";
          ExecStart = "${pkgs.python3}/bin/python3 ${./state}/retire.py /etc/microvm/retire.json /var/lib/microvm-emit/vms";
          ProtectSystem = true;
        };
      };
      # A renamed VM must not start with new, empty folders.
      microvm-install.requires = lib.mkIf (renamed != { }) [ "microvm-retire.service" ];
    };
  };
}
