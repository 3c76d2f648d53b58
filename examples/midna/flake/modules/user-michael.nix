{
  hostUser,
  lib,
  pkgs,
  ...
}:
{
  users.groups.${hostUser.group}.gid = hostUser.gid;
  users.users.michael = {
    isNormalUser = true;
    inherit (hostUser) uid group;
    # Stronger than NixOS's default, weaker than a module of one's own.
    shell = lib.mkOverride 900 pkgs.zsh;
  };
  programs.zsh.enable = true;
}
