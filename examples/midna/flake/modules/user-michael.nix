{ lib, pkgs, ... }:
{
  users.groups.michael.gid = 1000;
  users.users.michael = {
    isNormalUser = true;
    uid = 1000;
    group = "michael";
    # Stronger than NixOS's default, weaker than a module of one's own.
    shell = lib.mkOverride 900 pkgs.zsh;
  };
  programs.zsh.enable = true;
}
