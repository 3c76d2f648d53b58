# Network, sudo, terminals and disks of a guest.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  networking = {
    useDHCP = false;
    useNetworkd = true;
    tempAddresses = "disabled";
  };
  systemd.network.enable = true;
  services.resolved.enable = true;

  # Only members of `wheel` may run sudo.
  security.sudo.execWheelOnly = lib.mkDefault true;

  # Over SSH, TERM names the terminal of the client, and ncurses does not know all terminals.
  environment.systemPackages = lib.filter (output: output != null) (
    map (name: pkgs.${name}.terminfo or null) [
      "alacritty"
      "foot"
      "ghostty"
      "kitty"
      "tmux"
      "wezterm"
    ]
  );

  # The host enlarges an image before the guest starts, and the guest grows its filesystem.
  fileSystems = lib.listToAttrs (
    map (volume: lib.nameValuePair volume.mountPoint { autoResize = lib.mkDefault true; }) (
      builtins.filter (
        volume:
        volume.mountPoint != null
        && !volume.readOnly
        && builtins.elem volume.fsType [
          "btrfs"
          "ext4"
          "xfs"
        ]
      ) config.microvm.volumes
    )
  );

  # A disposable guest need not wait long for services that do not stop.
  systemd.settings.Manager.DefaultTimeoutStopSec = "5s";
}
