{ lib, pkgs, ... }:
{
  users.users.michael = {
    # Stronger than NixOS's default, weaker than a module of yours.
    shell = lib.mkOverride 900 pkgs.zsh;
  };
  programs.zsh.enable = true;
}
