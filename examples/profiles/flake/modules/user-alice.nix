{ lib, pkgs, ... }:
{
  users.users.alice = {
    # Overrides NixOS's default; your modules override it.
    shell = lib.mkOverride 900 pkgs.zsh;
    openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation"
    ];
  };
  programs.zsh.enable = true;
}
