# The microVM leased of lab, at 192.168.83.7.
{
  microvm-emit.vms.leased = {
    network = "internet";
    interfaces = [
      {
        id = "microvm5";
        mac = "02:00:00:00:00:06";
        bridge = "br0";
        addresses = [
          "192.168.83.7/24"
          "fd00:83::7/64"
        ];
        dhcp = true;
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 8;
    sshHostKeys = "/var/lib/microvm-host-keys/leased";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/leased";
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
        sizeMiB = 8192;
      }
    ];
    guest = "alone";
    microvm = {
      vcpu = 8;
      mem = 4096;
    };
  };
}
