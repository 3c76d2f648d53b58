# A guest of midna, which learns at boot which VM it is.
{
  inputs,
  lib,
  pkgs,
  ...
}:
{
  imports = [
    ../../modules/guest.nix
    ../../modules/base.nix
    ../../modules/host-clock.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-michael.nix
    ../../modules/home-manager.nix
    ../../modules/claude-code.nix
    inputs.stapelbergnix.lib.userSettings
  ];

  networking.firewall.enable = false;

  environment.systemPackages = [
    pkgs.go
    pkgs.gopls
    pkgs.delve
    pkgs.protobuf
    pkgs.gnumake
    pkgs.gcc
    pkgs.git
    pkgs.ripgrep
  ];

  home-manager.users.michael = {
    imports = [
      ../../modules/zsh.nix
      ../../modules/emacs.nix
    ];
    home = {
      username = "michael";
      homeDirectory = "/home/michael";
      stateVersion = "25.11";
    };
    programs.zsh.initContent = lib.mkAfter ''
      export GOPATH=$HOME/go; PATH=$GOPATH/bin:$PATH
    '';
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
    mem = 4096;
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

  system.stateVersion = "25.11";
}
