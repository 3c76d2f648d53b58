# The microVM labvm of workstation, at 192.168.84.4.
{
  microvm-emit.vms.labvm = {
    network = "internet";
    interfaces = [
      {
        id = "microvm2";
        mac = "02:00:00:00:00:03";
        bridge = "labbr";
        addresses = [ "192.168.84.4/24" ];
      }
    ];
    vsockCid = 5;
    sshHostKeys = "/var/lib/microvm-host-keys/labvm";
    shares = [
      {
        tag = "workspace";
        source = "/home/alice/microvm/labvm";
      }
    ];
    volumes = [
      {
        image = "var.img";
        mountPoint = "/var";
        sizeMiB = 8192;
      }
    ];

    config =
      { pkgs, ... }:
      {
        imports = [ ../../../modules/user-alice-labvm.nix ];

        networking.firewall.enable = true;

        environment.systemPackages = [
          pkgs.git
          pkgs.ripgrep
        ];

        microvm = {
          hypervisor = "cloud-hypervisor";
          vcpu = 2;
          mem = 4096;
        };

        system.stateVersion = "26.05";
      };
  };
}
