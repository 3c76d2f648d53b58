# A guest of workstation, which learns at boot which VM it is.
{ pkgs, ... }:
{
  imports = [
    ../../modules/guest.nix
    ../../modules/base.nix
    ../../modules/host-clock.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
    ../../modules/home-manager.nix
    ../../modules/claude-code-2.nix
    ../../modules/go.nix
  ];

  networking.firewall.enable = true;

  environment.systemPackages = [
    pkgs.git
    pkgs.ripgrep
    pkgs.duckdb
  ];

  home-manager.users.alice = {
    imports = [ ../../modules/zsh.nix ];
    home = {
      username = "alice";
      homeDirectory = "/home/alice";
      stateVersion = "26.05";
    };
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    shares = [
      {
        proto = "virtiofs";
        tag = "ro-store";
        source = "/nix/store";
        mountPoint = "/nix/.ro-store";
        readOnly = true;
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
      }
    ];
  };

  system.stateVersion = "26.05";
}
