{ config, ... }:
{
  services.prometheus.exporters.node = {
    enable = true;
    listenAddress = "${config.networking.hostName}.example";
    enabledCollectors = [ "textfile" ];
  };
  systemd.services.prometheus-node-exporter.serviceConfig = { Restart = "always"; RestartSec = 1; };
}
