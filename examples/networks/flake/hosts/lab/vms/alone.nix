# The microVM alone of lab.
{
  microvm-emit = {
    guests.alone.config = ../guests/alone.nix;

    vms.alone = {
      nameservers = [
        "8.8.8.8"
        "1.1.1.1"
      ];
      vsockCid = 3;
      sshHostKeys = "/var/lib/microvm-host-keys/alone";
      shares = [
        {
          tag = "workspace";
          source = "/home/alice/microvm/alone";
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
  };
}
