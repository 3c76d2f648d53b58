# A guest of lab, which learns at boot which VM it is.
{
  imports = [
    ../../modules/guest.nix
    ../../modules/base.nix
    ../../modules/host-clock.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    firewall.enable = true;
    firewall.allowedTCPPorts = [ 80 ];
  };

  microvm = {
    hypervisor = "qemu";
    shares = [
      {
        proto = "virtiofs";
        tag = "ro-store";
        source = "/nix/store";
        mountPoint = "/nix/.ro-store";
        readOnly = true;
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
      }
    ];
  };

  system.stateVersion = "26.05";
}
