# The network and the microVMs of workstation.
{ inputs }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  # One set for all guests, since each import costs an evaluation of its own.
  pkgsUnstable = import inputs.nixpkgs-unstable {
    inherit (pkgs.stdenv.hostPlatform) system;
    config.allowUnfreePredicate = package: builtins.elem (lib.getName package) [ "claude-code" ];
  };
  specialArgs = { inherit inputs pkgsUnstable; };
in
{
  imports = [
    inputs.microvm.nixosModules.host
    (import ../modules/vm-state.nix {
      name = "apivm";
      directories = {
        "/home/alice/agents" = "0755 1000:1000";
        "/home/alice/agents/api" = "0700 1000:1000";
        "/home/alice/src" = "0755 1000:1000";
        "/home/alice/src/api" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/apivm" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/apivm";
    })
    (import ../modules/vm-state.nix {
      name = "batchvm";
      directories = {
        "/home/alice/agents" = "0755 1000:1000";
        "/home/alice/agents/batch" = "0700 1000:1000";
        "/home/alice/src" = "0755 1000:1000";
        "/home/alice/src/batch" = "0755 1000:1000";
        "/srv/events" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/batchvm" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/batchvm";
    })
    (import ../modules/vm-state.nix {
      name = "labvm";
      directories = {
        "/home/alice/microvm" = "0755 1000:1000";
        "/home/alice/microvm/labvm" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/labvm" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/labvm";
    })
  ];

  systemd.network = {
    enable = true;
    # Beside another network manager, networkd has nothing here that ought to be online.
    wait-online.enable = lib.mkIf (
      config.networking.networkmanager.enable
      || config.networking.useDHCP && !config.networking.useNetworkd
    ) (lib.mkDefault false);

    netdevs."20-labbr".netdevConfig = {
      Kind = "bridge";
      Name = "labbr";
    };
    networks."20-labbr" = {
      matchConfig.Name = "labbr";
      addresses = [ { Address = "192.168.84.1/24"; } ];
      # The bridge has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
      linkConfig.RequiredForOnline = "no";
    };
    networks."21-labbr-tap" = {
      matchConfig.Name = "microvm2";
      networkConfig.Bridge = "labbr";
      linkConfig.RequiredForOnline = "no";
    };

    netdevs."20-microbr".netdevConfig = {
      Kind = "bridge";
      Name = "microbr";
    };
    networks."20-microbr" = {
      matchConfig.Name = "microbr";
      addresses = [ { Address = "192.168.83.1/24"; } ];
      # The bridge has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
      linkConfig.RequiredForOnline = "no";
    };
    networks."21-microbr-tap" = {
      matchConfig.Name = "microvm0 microvm1";
      networkConfig.Bridge = "microbr";
      linkConfig.RequiredForOnline = "no";
    };
  };

  # Whatever else runs the host's network leaves the VMs' to networkd.
  networking.dhcpcd.denyInterfaces = [
    "labbr"
    "microvm2"
    "microbr"
    "microvm0"
    "microvm1"
  ];
  networking.networkmanager.unmanaged = [
    "interface-name:labbr"
    "interface-name:microvm2"
    "interface-name:microbr"
    "interface-name:microvm0"
    "interface-name:microvm1"
  ];

  networking.nat = {
    enable = true;
    internalInterfaces = [ "microbr" ];
    externalInterface = "eno1";
  };

  microvm.vms = {
    apivm = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/workstation/apivm.nix ];
    };
    batchvm = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/workstation/batchvm.nix ];
    };
    labvm = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/workstation/labvm.nix ];
    };
  };
}
