# The microVM isolated of lab, at 192.168.10.6.
{
  microvm-emit.vms.isolated = {
    network = "internet";
    interfaces = [
      {
        id = "microvm4";
        mac = "02:00:00:00:00:05";
        bridge = "br0.10";
        addresses = [
          "192.168.10.6/24"
          "fd00:10::6/64"
        ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 7;
    sshHostKeys = "/var/lib/microvm-host-keys/isolated";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/isolated";
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
