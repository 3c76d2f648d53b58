# What every guest has.
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

  services.openssh = {
    enable = true;
    # Keys alone let in, and root only where `microvm -s` asks for it, over vsock.
    settings = {
      PasswordAuthentication = lib.mkDefault false;
      KbdInteractiveAuthentication = lib.mkDefault false;
      PermitRootLogin = lib.mkIf (!config.microvm.vsock.ssh.enable) (lib.mkDefault "no");
    };
  };
  # Who is not in `wheel` cannot even try it.
  security.sudo.execWheelOnly = lib.mkDefault true;

  # The first `git clone git@…` has nobody to confirm the host's key.
  programs.ssh.knownHosts = {
    "github.com".publicKey =
      lib.mkDefault "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    "gitlab.com".publicKey =
      lib.mkDefault "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf";
    "codeberg.org".publicKey =
      lib.mkDefault "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIVIC02vnjFyL+I4RHfvIGNtOgJMe769VTF1VR4EB3ZB";
    "bitbucket.org".publicKey =
      lib.mkDefault "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO";
    "git.sr.ht".publicKey =
      lib.mkDefault "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZvRd4EtM7R+IHVMWmDkVU3VLQTSwQDSAvW0t2Tkj60";
  };

  # Over SSH, TERM names the terminal of the client, and ncurses does not have all of them.
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

  # Log-in is by key: without this, `users.mutableUsers = false` asks for a password of root's.
  users.allowNoPasswordLogin = lib.mkDefault true;

  # The host makes an image larger before the guest starts; the guest grows the filesystem on it.
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

  # A guest that is thrown away need not wait for stragglers.
  systemd.settings.Manager.DefaultTimeoutStopSec = "5s";
}
