# The host module of the tests: a container without the hardware services of a machine.
{
  boot.isContainer = true;
  networking.useNetworkd = true;
  networking.useHostResolvConf = false;
  # /sys is read-only in a container.
  hardware.ksm.enable = false;
  systemd.network.wait-online.enable = false;
  users.users.alice = {
    isNormalUser = true;
    uid = 1000;
  };
}
