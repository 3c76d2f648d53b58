# The evaluated NixOS of an entry of `microvm.vms`, however the entry provides it.
name: vm:
if vm.flake or null != null then
  vm.flake.nixosConfigurations.${name}
else if vm.evaluatedConfig or null != null then
  vm.evaluatedConfig
else
  vm.config
