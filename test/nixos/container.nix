# The hardware of the hosts: a container.
{
  boot.isContainer = true;
  networking.useNetworkd = true;
  networking.useHostResolvConf = false;
  # /sys is read-only in a container.
  hardware.ksm.enable = false;
  systemd.network.wait-online.enable = false;
}
