# The evaluated NixOS configuration of an entry of `microvm.vms`, which has three forms.
name: vm:
if vm.flake or null != null then
  vm.flake.nixosConfigurations.${name}
else if vm.evaluatedConfig or null != null then
  vm.evaluatedConfig
else
  vm.config
