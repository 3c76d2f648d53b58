# The microVM beside of lab, at 192.168.83.20.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    hostName = "beside";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.MACAddress = "02:00:00:00:00:02";
    networkConfig.DHCP = "ipv4";
  };
  systemd.network.networks."10-e1" = {
    matchConfig.MACAddress = "02:01:00:00:00:02";
    addresses = [
      { Address = "192.168.83.20/24"; }
      { Address = "fd00:83::20/64"; }
    ];
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 4;
    interfaces = [
      {
        type = "macvtap";
        id = "microvm1";
        mac = "02:00:00:00:00:02";
        macvtap = {
          link = "enp3s0";
          mode = "bridge";
        };
      }
      {
        type = "tap";
        id = "microvm1-1";
        mac = "02:01:00:00:00:02";
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
        source = "/var/lib/microvm-host-keys/beside";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/beside";
        mountPoint = "/home/alice/microvm/beside";
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
