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
      owner = "1000:1000";
      folders = [
        "/home/michael/microvm"
        "/home/michael/microvm/emacs"
      ];
      privateFolders = [
        "/home/michael/claude-microvm"
        "/home/michael/microvm/emacs/ssh-host-keys"
      ];
      sshHostKeys = "/home/michael/microvm/emacs/ssh-host-keys";
    })
    (import ../modules/vm-state.nix {
      name = "goprotobufvm";
      owner = "1000:1000";
      folders = [
        "/home/michael/microvm"
        "/home/michael/microvm/goprotobuf"
      ];
      privateFolders = [
        "/home/michael/claude-microvm"
        "/home/michael/microvm/goprotobuf/ssh-host-keys"
      ];
      sshHostKeys = "/home/michael/microvm/goprotobuf/ssh-host-keys";
    })
  ];

  systemd.network = {
    enable = true;
    # Where networkd has only these bridges, nothing of it has to be online.
    wait-online.enable = lib.mkDefault config.networking.useNetworkd;

    netdevs."20-microbr".netdevConfig = {
      Kind = "bridge";
      Name = "microbr";
    };
    networks."20-microbr" = {
      matchConfig.Name = "microbr";
      addresses = [ { Address = "192.168.83.1/24"; } ];
      # The bridge has its address before the first VM runs.
      networkConfig.ConfigureWithoutCarrier = true;
    };
    networks."21-microvm-tap" = {
      matchConfig.Name = "microvm*";
      networkConfig.Bridge = "microbr";
    };
  };

  # Where dhcpcd runs the host's network, it would ask for addresses here too.
  networking.dhcpcd.denyInterfaces = [
    "microbr"
    "microvm*"
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
