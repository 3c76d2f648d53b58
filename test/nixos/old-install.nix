# In place of vm/install.nix: as in a library before root owned the folders of VMs, microvm.nix gives them to the user of the hypervisor.
{ config, lib, ... }:
let
  inherit (config.microvm) stateDir vms;
in
{
  systemd.services = lib.mapAttrs' (
    name: vm:
    let
      guest = (import ./nixos-of.nix name vm).config;
    in
    lib.nameValuePair "install-microvm-${name}" {
      wantedBy = [ "microvms.target" ];
      before = [ "microvm@${name}.service" ];
      serviceConfig.Type = "oneshot";
      script = ''
        mkdir -p ${stateDir}/${name}
        cd ${stateDir}/${name}
        ln -sTf ${guest.microvm.declaredRunner} current
        chown -h microvm:kvm . current
        ln -sTf ${guest.system.build.toplevel} toplevel
      '';
    }
  ) vms;
}
