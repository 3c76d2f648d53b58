# The microVM emacsvm of midna, at 192.168.83.6.
{
  microvm-emit.vms.emacsvm = {
    network = "internet";
    interfaces = [
      {
        id = "microvm4";
        mac = "02:00:00:00:00:05";
        bridge = "microbr";
        addresses = [ "192.168.83.6/24" ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 7;
    sshHostKeys = "/var/lib/microvm-host-keys/emacsvm";
    shares = [
      {
        tag = "claude-credentials";
        source = "/home/michael/claude-microvm";
        mode = "0700";
      }
      {
        tag = "workspace";
        source = "/home/michael/microvm/emacs";
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
      { inputs, ... }:
      {
        imports = [
          ../../../modules/user-michael.nix
          inputs.home-manager.nixosModules.home-manager
          ../../../modules/claude-code.nix
          inputs.stapelbergnix.lib.userSettings
        ];

        networking.firewall.enable = false;

        home-manager.users.michael = {
          imports = [
            ../../../modules/zsh.nix
            ../../../modules/emacs.nix
          ];
          home = {
            username = "michael";
            homeDirectory = "/home/michael";
            stateVersion = "25.11";
          };
        };

        microvm = {
          hypervisor = "cloud-hypervisor";
          vcpu = 8;
          mem = 4096;
        };

        system.stateVersion = "25.11";
      };
  };
}
