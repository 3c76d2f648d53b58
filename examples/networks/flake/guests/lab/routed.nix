# The microVM routed of lab, at 10.9.0.8.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    hostName = "routed";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };
  systemd.network.networks."10-e" = {
    matchConfig.Name = "e*";
    addresses = [
      { Address = "10.9.0.8/32"; }
      { Address = "fd00:9::8/128"; }
    ];
    routes = [
      {
        Gateway = "10.9.0.1";
        GatewayOnLink = true;
      }
      {
        Gateway = "fd00:9::1";
        GatewayOnLink = true;
      }
    ];
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 9;
    interfaces = [
      {
        type = "tap";
        id = "microvm6";
        mac = "02:00:00:00:00:07";
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
        source = "/var/lib/microvm-host-keys/routed";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/routed";
        mountPoint = "/home/alice/microvm/routed";
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
