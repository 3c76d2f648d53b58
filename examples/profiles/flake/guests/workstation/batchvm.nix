# The microVM batchvm of workstation, at 192.168.83.3.
{ pkgs, ... }:
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
    ../../modules/home-manager.nix
    ../../modules/claude-code-2.nix
    ../../modules/go.nix
  ];

  networking = {
    hostName = "batchvm";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    addresses = [ { Address = "192.168.83.3/24"; } ];
    routes = [ { Gateway = "192.168.83.1"; } ];
  };

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
    vcpu = 4;
    mem = 16384;
    socket = "control.socket";
    vsock.cid = 4;
    interfaces = [
      {
        type = "tap";
        id = "microvm1";
        mac = "02:00:00:00:00:02";
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
        source = "/var/lib/microvm-host-keys/batchvm";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "claude-credentials";
        source = "/home/alice/agents/batch";
        mountPoint = "/home/alice/agents/batch";
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/src/batch";
        mountPoint = "/home/alice/src/batch";
      }
      {
        proto = "virtiofs";
        tag = "data-0";
        source = "/srv/events";
        mountPoint = "/srv/events";
        readOnly = true;
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
