# The microVM gateway of lab, at 192.168.83.5.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    hostName = "gateway";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.MACAddress = "02:00:00:00:00:04";
    addresses = [
      { Address = "192.168.83.5/24"; }
      { Address = "fd00:83::5/64"; }
    ];
    routes = [
      { Gateway = "192.168.83.1"; }
      { Gateway = "fd00:83::1"; }
    ];
  };
  systemd.network.networks."10-e1" = {
    matchConfig.MACAddress = "02:01:00:00:00:04";
    networkConfig.DHCP = "ipv4";
    dhcpV4Config.UseGateway = false;
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 6;
    interfaces = [
      {
        type = "tap";
        id = "microvm3";
        mac = "02:00:00:00:00:04";
      }
      {
        type = "tap";
        id = "microvm3-1";
        mac = "02:01:00:00:00:04";
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
        source = "/var/lib/microvm-host-keys/gateway";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/gateway";
        mountPoint = "/home/alice/microvm/gateway";
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
