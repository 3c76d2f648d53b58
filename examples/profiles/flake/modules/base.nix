# What every guest has.
{
  networking = {
    useDHCP = false;
    useNetworkd = true;
    tempAddresses = "disabled";
  };
  systemd.network.enable = true;
  services.resolved.enable = true;
  services.openssh.enable = true;

  # A guest that is thrown away need not wait for stragglers.
  systemd.settings.Manager.DefaultTimeoutStopSec = "5s";
}
