# Placeholder for the host's own configuration, with the minimum that NixOS needs.
{
  boot.loader.systemd-boot.enable = true;

  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  users.groups.michael.gid = 1000;
  users.users.michael = {
    uid = 1000;
    group = "michael";
  };
}
