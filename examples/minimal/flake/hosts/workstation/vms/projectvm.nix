# The microVM projectvm of workstation, at 192.168.83.2.
{
  microvm-emit.vms.projectvm = {
    network = "internet";
    interfaces = [
      {
        id = "microvm0";
        mac = "02:00:00:00:00:01";
        bridge = "microbr";
        addresses = [ "192.168.83.2/24" ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 3;
    sshHostKeys = "/var/lib/microvm-host-keys/projectvm";
    shares = [
      {
        tag = "claude-credentials";
        source = "/home/alice/claude-microvm";
        mode = "0700";
      }
      {
        tag = "workspace";
        source = "/home/alice/microvm/projectvm";
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
        sizeMiB = 8192;
      }
    ];

    config = {
      imports = [
        ../../../modules/user-alice.nix
        ../../../modules/claude-code.nix
      ];

      networking.firewall.enable = true;

      microvm = {
        hypervisor = "cloud-hypervisor";
        vcpu = 8;
        mem = 4096;
      };

      system.stateVersion = "26.05";
    };
  };
}
