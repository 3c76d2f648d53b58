# The microVM alone of lab.
{
  imports = [
    ../../modules/base.nix
    ../../modules/ssh-host-keys.nix
    ../../modules/writable-store.nix
    ../../modules/user-alice.nix
  ];

  networking = {
    hostName = "alone";
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    firewall.enable = true;
  };

  microvm = {
    hypervisor = "cloud-hypervisor";
    vcpu = 8;
    mem = 4096;
    socket = "control.socket";
    vsock.cid = 3;
    interfaces = [ ];
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
        source = "/var/lib/microvm-host-keys/alone";
        mountPoint = "/etc/ssh/host-keys";
        readOnly = true;
      }
      {
        proto = "virtiofs";
        tag = "workspace";
        source = "/home/alice/microvm/alone";
        mountPoint = "/home/alice/microvm/alone";
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
