# In place of vm/ownership.nix: as in a library before root owned the folders of VMs, microvm.nix gives them to the user of the hypervisor.
{ config, ... }:
let
  inherit (config.microvm) stateDir;
in
{
  config.microvm-emit.installScript = name: guest: ''
    mkdir -p ${stateDir}/${name}
    cd ${stateDir}/${name}
    ln -sTf ${guest.microvm.declaredRunner} current
    chown -h microvm:kvm . current
    ln -sTf ${guest.system.build.toplevel} toplevel
  '';
}
