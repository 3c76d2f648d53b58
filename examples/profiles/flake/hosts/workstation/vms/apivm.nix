# The microVM apivm of workstation, at 192.168.83.2.
{
  microvm-emit.vms.apivm = {
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
    sshHostKeys = "/var/lib/microvm-host-keys/apivm";
    shares = [
      {
        tag = "claude-credentials";
        source = "/home/alice/agents/api";
        mode = "0700";
      }
      {
        tag = "workspace";
        source = "/home/alice/src/api";
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
          ../../../modules/claude-code.nix
          ../../../modules/go.nix
        ];

        networking.firewall.enable = true;

        environment.systemPackages = [
          pkgs.git
          pkgs.ripgrep
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
          mem = 4096;
        };

        system.stateVersion = "26.05";
      };
  };
}
