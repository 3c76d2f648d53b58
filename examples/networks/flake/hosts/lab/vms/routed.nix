# The microVM routed of lab, at 10.9.0.8.
{
  microvm-emit.vms.routed = {
    network = "internet";
    interfaces = [
      {
        id = "microvm6";
        mac = "02:00:00:00:00:07";
        addresses = [
          "10.9.0.8/24"
          "fd00:9::8/64"
        ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 9;
    sshHostKeys = "/var/lib/microvm-host-keys/routed";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/routed";
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
