{ lib, pkgs, ... }:
{
  users.groups.michael.gid = 1000;
  users.users.michael = {
    isNormalUser = true;
    uid = 1000;
    group = "michael";
    shell = lib.mkDefault pkgs.zsh;
  };
  programs.zsh.enable = true;
}
