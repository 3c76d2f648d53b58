# The microVM isolated of lab, at 192.168.10.6.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    hostName = "isolated";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    addresses = [
      { Address = "192.168.10.6/24"; }
      { Address = "fd00:10::6/64"; }
    ];
    routes = [
      { Gateway = "192.168.10.1"; }
      { Gateway = "fd00:10::1"; }
    ];
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
        source = "/var/lib/microvm-host-keys/isolated";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/isolated";
        mountPoint = "/home/alice/microvm/isolated";
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
