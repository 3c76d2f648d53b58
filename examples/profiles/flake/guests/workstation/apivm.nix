# The microVM apivm of workstation, at 192.168.83.2.
{ pkgs, ... }:
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
    ../../modules/home-manager.nix
    ../../modules/claude-code.nix
    ../../modules/go.nix
  ];

  networking = {
    hostName = "apivm";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    addresses = [ { Address = "192.168.83.2/24"; } ];
    routes = [ { Gateway = "192.168.83.1"; } ];
  };

  environment.systemPackages = [
    pkgs.git
    pkgs.ripgrep
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
    vcpu = 4;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 3;
    interfaces = [
      {
        type = "tap";
        id = "microvm0";
        mac = "02:00:00:00:00:01";
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
        source = "/var/lib/microvm-host-keys/apivm";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "claude-credentials";
        source = "/home/alice/agents/api";
        mountPoint = "/home/alice/agents/api";
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/src/api";
        mountPoint = "/home/alice/src/api";
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

  system.stateVersion = "26.05";
}
