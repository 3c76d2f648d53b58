# The network and the microVMs of midna.
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
      name = "emacsvm";
      directories = {
        "/home/michael/claude-microvm" = "0700 1000:1000";
        "/home/michael/microvm" = "0755 1000:1000";
        "/home/michael/microvm/emacs" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/emacsvm" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/emacsvm";
    })
    (import ../modules/vm-state.nix {
      name = "goprotobufvm";
      directories = {
        "/home/michael/claude-microvm" = "0700 1000:1000";
        "/home/michael/microvm" = "0755 1000:1000";
        "/home/michael/microvm/goprotobuf" = "0755 1000:1000";
        "/var/lib/microvm-host-keys/goprotobufvm" = "0700 0:0";
      };
      sshHostKeys = "/var/lib/microvm-host-keys/goprotobufvm";
    })
  ];

  systemd.network = {
    enable = true;
    # Beside another network manager, networkd has nothing here that ought to be online.
    wait-online.enable = lib.mkIf (
      config.networking.networkmanager.enable
      || config.networking.useDHCP && !config.networking.useNetworkd
    ) (lib.mkDefault false);

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
    networks."21-microvm-tap" = {
      matchConfig.Name = "microvm*";
      networkConfig.Bridge = "microbr";
      linkConfig.RequiredForOnline = "no";
    };
  };

  # Whatever else runs the host's network leaves the VMs' to networkd.
  networking.dhcpcd.denyInterfaces = [
    "microbr"
    "microvm*"
  ];
  networking.networkmanager.unmanaged = [
    "interface-name:microbr"
    "interface-name:microvm*"
  ];

  networking.nat = {
    enable = true;
    internalInterfaces = [ "microbr" ];
    externalInterface = "eno1";
  };

  microvm.vms = {
    emacsvm = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/midna/emacsvm.nix ];
    };
    goprotobufvm = {
      inherit specialArgs;
      autostart = false;
      restartIfChanged = false;
      config.imports = [ ../guests/midna/goprotobufvm.nix ];
    };
  };
}
