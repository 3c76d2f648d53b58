# The microVM forwarded of lab.
{
  microvm-emit.vms.forwarded = {
    interfaces = [
      {
        type = "user";
        id = "microvm2";
        mac = "02:00:00:00:00:03";
        dhcp = true;
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 5;
    sshHostKeys = "/var/lib/microvm-host-keys/forwarded";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/forwarded";
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
        sizeMiB = 8192;
      }
    ];
    microvm.forwardPorts = [
      {
        from = "host";
        proto = "tcp";
        host = {
          address = "127.0.0.1";
          port = 8080;
        };
        guest = {
          port = 80;
        };
      }
    ];

    config = {
      imports = [ ../../../modules/user-alice.nix ];

      networking = {
        firewall.enable = true;
        firewall.allowedTCPPorts = [ 80 ];
      };

      microvm = {
        hypervisor = "qemu";
        vcpu = 8;
        mem = 4096;
      };

      system.stateVersion = "26.05";
    };
  };
}
