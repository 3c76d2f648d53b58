# The microVM labvm of workstation, at 192.168.84.4.
{ pkgs, ... }:
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice-2.nix
  ];

  networking = {
    hostName = "labvm";
    nameservers = [ ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    addresses = [ { Address = "192.168.84.4/24"; } ];
    routes = [ { Gateway = "192.168.84.1"; } ];
  };

  environment.systemPackages = [
    pkgs.git
    pkgs.ripgrep
  ];

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 2;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 5;
    interfaces = [
      {
        type = "tap";
        id = "microvm2";
        mac = "02:00:00:00:00:03";
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
        source = "/var/lib/microvm-host-keys/labvm";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/labvm";
        mountPoint = "/home/alice/microvm/labvm";
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
