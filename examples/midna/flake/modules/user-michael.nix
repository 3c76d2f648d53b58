{ lib, pkgs, ... }:
{
  users.users.michael = {
    # Overrides NixOS's default; your modules override it.
    shell = lib.mkOverride 900 pkgs.zsh;
  };
  programs.zsh.enable = true;
}
