# The folders and SSH host keys of VMs on the host, made right before each VM starts.
#
# vms.NAME is
#   directories  path to "MODE UID:GID"
#   exposed      those paths, or parents of them, that a guest could replace by a symlink
#   sshHostKeys  the folder of the VM's host key
hostUser: vms:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  pathsOf = vm: builtins.attrNames vm.directories;
in
{
  # microvm.nix makes missing folders as microvm:kvm, where the VM's user could not write.
  systemd.tmpfiles.settings."10-microvm" = lib.genAttrs (lib.concatMap pathsOf (
    builtins.attrValues vms
  )) (_: lib.mkForce { });

  environment.etc."microvm/state.json".text = builtins.toJSON vms;

  systemd.services = lib.mkIf config.microvm.host.enable (
    {
      "microvm-state@" = {
        description = "Folders and SSH host key of MicroVM '%i'";
        before = [
          "microvm-virtiofsd@%i.service"
          "microvm@%i.service"
        ];
        restartIfChanged = false;
        path = [ pkgs.openssh ];
        preStart = hostUser.check;
        serviceConfig = (import ../lib/confined.nix).files // {
          Type = "oneshot";
          ExecStart = "${pkgs.python3}/bin/python3 ${../lib/state.py} /etc/microvm/state.json %i";
          ProtectSystem = true;
        };
      };
      "microvm-virtiofsd@".requires = [ "microvm-state@%i.service" ];
      "microvm@".requires = [ "microvm-state@%i.service" ];
    }
    // lib.mapAttrs' (
      name: vm: lib.nameValuePair "microvm@${name}" { unitConfig.RequiresMountsFor = pathsOf vm; }
    ) vms
  );
}
