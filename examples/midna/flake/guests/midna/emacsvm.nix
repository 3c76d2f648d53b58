# The microVM emacsvm of midna, at 192.168.83.6.
{ inputs, ... }:
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-michael.nix
    ../../modules/home-manager.nix
    ../../modules/claude-code.nix
    inputs.stapelbergnix.lib.userSettings
  ];

  networking = {
    hostName = "emacsvm";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = false;
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    addresses = [ { Address = "192.168.83.6/24"; } ];
    routes = [ { Gateway = "192.168.83.1"; } ];
  };

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
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 7;
    interfaces = [
      {
        type = "tap";
        id = "microvm4";
        mac = "02:00:00:00:00:05";
      }
    ];
    shares = [
      {
        proto = "virtiofs";
        tag = "ro-store";
        source = "/nix/store";
        mountPoint = "/nix/.ro-store";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "ssh-keys";
        source = "/var/lib/microvm-host-keys/emacsvm";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "claude-credentials";
        source = "/home/michael/claude-microvm";
        mountPoint = "/home/michael/claude-microvm";
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/michael/microvm/emacs";
        mountPoint = "/home/michael/microvm/emacs";
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
        size = 8192;
      }
    ];
  };

  system.stateVersion = "25.11";
}
