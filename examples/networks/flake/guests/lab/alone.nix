# NixOS configuration of alone, beside, gateway, isolated, leased, routed.
{
  imports = [ ../../modules/user-alice.nix ];

  networking.firewall.enable = true;

  microvm = {
    hypervisor = "cloud-hypervisor";
  };

  system.stateVersion = "26.05";
}
