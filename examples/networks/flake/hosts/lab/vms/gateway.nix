# The microVM gateway of lab, at 192.168.83.5.
{
  microvm-emit.vms.gateway = {
    network = "open";
    interfaces = [
      {
        id = "microvm3";
        mac = "02:00:00:00:00:04";
        bridge = "br0";
        addresses = [
          "192.168.83.5/24"
          "fd00:83::5/64"
        ];
      }
      {
        id = "microvm3-1";
        mac = "06:c7:26:d4:77:eb";
        bridge = "lan";
        dhcp = true;
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 6;
    sshHostKeys = "/var/lib/microvm-host-keys/gateway";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/gateway";
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
