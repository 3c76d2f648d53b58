{ lib, pkgs, ... }:
{
  users.groups.alice.gid = 1000;
  users.users.alice = {
    isNormalUser = true;
    uid = 1000;
    group = "alice";
    # Stronger than NixOS's default, weaker than a module of one's own.
    shell = lib.mkOverride 900 pkgs.zsh;
    openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice@workstation"
    ];
  };
  programs.zsh.enable = true;
}
