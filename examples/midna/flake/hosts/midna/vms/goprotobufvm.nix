# The microVM goprotobufvm of midna, at 192.168.83.7.
{
  microvm-emit.vms.goprotobufvm = {
    network = "internet";
    interfaces = [
      {
        id = "microvm5";
        mac = "02:00:00:00:00:06";
        bridge = "microbr";
        addresses = [ "192.168.83.7/24" ];
      }
    ];
    nameservers = [
      "8.8.8.8"
      "1.1.1.1"
    ];
    vsockCid = 8;
    sshHostKeys = "/var/lib/microvm-host-keys/goprotobufvm";
    shares = [
      {
        tag = "claude-credentials";
        source = "/home/michael/claude-microvm";
        mode = "0700";
      }
      {
        tag = "workspace";
        source = "/home/michael/microvm/goprotobuf";
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
      {
        inputs,
        lib,
        pkgs,
        ...
      }:
      {
        imports = [
          ../../../modules/user-michael.nix
          inputs.home-manager.nixosModules.home-manager
          ../../../modules/claude-code.nix
          inputs.stapelbergnix.lib.userSettings
        ];

        networking.firewall.enable = false;

        environment.systemPackages = [
          pkgs.go
          pkgs.gopls
          pkgs.delve
          pkgs.protobuf
          pkgs.gnumake
          pkgs.gcc
          pkgs.git
          pkgs.ripgrep
        ];

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
          programs.zsh.initContent = lib.mkAfter ''
            export GOPATH=$HOME/go; PATH=$GOPATH/bin:$PATH
          '';
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
