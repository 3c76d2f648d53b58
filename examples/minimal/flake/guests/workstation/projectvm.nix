# The microVM projectvm of workstation, at 192.168.83.2.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
    ../../modules/claude-code.nix
  ];

  networking = {
    hostName = "projectvm";
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

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
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
        source = "/var/lib/microvm-host-keys/projectvm";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "claude-credentials";
        source = "/home/alice/claude-microvm";
        mountPoint = "/home/alice/claude-microvm";
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/projectvm";
        mountPoint = "/home/alice/microvm/projectvm";
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
