{
  hostUser,
  lib,
  pkgs,
  ...
}:
{
  users.groups.${hostUser.group}.gid = hostUser.gid;
  users.users.alice = {
    isNormalUser = true;
    inherit (hostUser) uid group;
    # Stronger than NixOS's default, weaker than a module of one's own.
    shell = lib.mkOverride 900 pkgs.zsh;
    openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation"
    ];
  };
  programs.zsh.enable = true;
}
