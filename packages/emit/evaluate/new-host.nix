# A host that has only the VMs of a config, to compare them with VMs that another configuration defines.
{
  # The folder of the host's emitted modules.
  modules,
  # The flake inputs of these modules, by name.
  inputs,
  # Settings of the other configuration.
  hostName,
  system,
  stateVersion,
  user,
}:
let
  inherit (inputs.nixpkgs) lib;
in
lib.nixosSystem {
  inherit system;
  modules = [
    (lib.modules.importApply modules { inherit inputs; })
    {
      networking = { inherit hostName; };
      system = { inherit stateVersion; };
      users.users.${user} = {
        isNormalUser = true;
        uid = lib.mkDefault 1000;
      };
      boot.loader.grub.enable = false;
      fileSystems."/" = {
        device = "none";
        fsType = "tmpfs";
      };
    }
  ];
}
