# The microVM batchvm of workstation, at 192.168.83.3.
{
  microvm-emit.vms.batchvm = {
    network = "internet";
    interfaces = [
      {
        id = "microvm1";
        mac = "02:00:00:00:00:02";
        bridge = "microbr";
        addresses = [ "192.168.83.3/24" ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 4;
    sshHostKeys = "/var/lib/microvm-host-keys/batchvm";
    shares = [
      {
        tag = "claude-credentials";
        source = "/home/alice/agents/batch";
        mode = "0700";
      }
      {
        tag = "workspace";
        source = "/home/alice/src/batch";
      }
      {
        tag = "data-0";
        source = "/srv/events";
        readOnly = true;
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
      { inputs, pkgs, ... }:
      {
        imports = [
          ../../../modules/user-alice.nix
          inputs.home-manager.nixosModules.home-manager
          ../../../modules/claude-code-batchvm.nix
          ../../../modules/go.nix
        ];

        networking.firewall.enable = true;

        environment.systemPackages = [
          pkgs.git
          pkgs.ripgrep
          pkgs.duckdb
        ];

        home-manager.users.alice = {
          imports = [ ../../../modules/zsh.nix ];
          home = {
            username = "alice";
            homeDirectory = "/home/alice";
            stateVersion = "26.05";
          };
        };

        microvm = {
          hypervisor = "cloud-hypervisor";
          vcpu = 4;
          mem = 16384;
        };

        system.stateVersion = "26.05";
      };
  };
}
