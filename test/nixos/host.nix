# The host module of the tests: a container without the hardware services of a machine, and with a web server at port 8080.
{ pkgs, ... }:
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
  systemd.services.web = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      DynamicUser = true;
      ExecStart = "${pkgs.python3}/bin/python3 -m http.server 8080 --directory /run/current-system";
    };
  };
}
