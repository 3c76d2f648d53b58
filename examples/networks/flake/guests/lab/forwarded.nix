# The microVM forwarded of lab.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    hostName = "forwarded";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
    firewall.allowedTCPPorts = [ 80 ];
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    networkConfig.DHCP = "ipv4";
  };

  microvm = {
    hypervisor = "qemu";
    vcpu = 8;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 5;
    interfaces = [
      {
        type = "user";
        id = "microvm2";
        mac = "02:00:00:00:00:03";
      }
    ];
    forwardPorts = [
      {
        from = "host";
        proto = "tcp";
        host = {
          address = "127.0.0.1";
          port = 8080;
        };
        guest = {
          port = 80;
        };
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
        source = "/var/lib/microvm-host-keys/forwarded";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/forwarded";
        mountPoint = "/home/alice/microvm/forwarded";
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
