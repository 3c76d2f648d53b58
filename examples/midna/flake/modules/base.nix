# What every guest has.
{ config, lib, ... }:
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

  # A guest that is thrown away need not wait for stragglers.
  systemd.settings.Manager.DefaultTimeoutStopSec = "5s";
}
