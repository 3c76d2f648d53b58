# Placeholder for the host's own configuration, with the minimum that NixOS needs.
{
  boot.loader.systemd-boot.enable = true;
  networking.useNetworkd = true;

  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  users.users.alice.isNormalUser = true;
}
