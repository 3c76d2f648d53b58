# Stands for the host's own configuration: the least that NixOS wants of one.
{
  boot.loader.systemd-boot.enable = true;
  networking.useNetworkd = true;

  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  users.users.alice.isNormalUser = true;
}
