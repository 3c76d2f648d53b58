# The microVM beside of lab, at 192.168.83.20.
{
  microvm-emit.vms.beside = {
    network = "open";
    interfaces = [
      {
        type = "macvtap";
        id = "microvm1";
        mac = "06:15:8b:4b:c2:a7";
        macvtap = {
          link = "enp3s0";
          mode = "bridge";
        };
        dhcp = true;
      }
      {
        id = "microvm1-1";
        mac = "02:01:00:00:00:02";
        bridge = "br0";
        addresses = [
          "192.168.83.20/24"
          "fd00:83::20/64"
        ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 4;
    sshHostKeys = "/var/lib/microvm-host-keys/beside";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/beside";
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
