# The VMs that this library installs. microvm.nix installs VMs with `flake`, which have no configuration on this host.
{ lib, config }: lib.filterAttrs (_: vm: vm.flake or null == null) config.microvm.vms
