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

  # Over SSH, TERM is the terminal of the client, and ncurses does not include all terminals.
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

  # The host grows an image before the guest starts. The guest must then grow the filesystem.
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

  # A guest is disposable, so its shutdown should not wait 90 seconds for a service that does not stop.
  systemd.settings.Manager.DefaultTimeoutStopSec = "5s";
}
