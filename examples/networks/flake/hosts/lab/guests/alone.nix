# The guest alone: a NixOS configuration that several VMs of lab share.
{
  imports = [ ../../../modules/user-alice.nix ];

  networking.firewall.enable = true;

  microvm = {
    hypervisor = "cloud-hypervisor";
  };

  system.stateVersion = "26.05";
}
