# Synchronizes the clock with the host through KVM (ptp_kvm). This needs no network and corrects the time right after the host sleeps.
# If the host's clock source is not TSC, ptp_kvm is missing and systemd-timesyncd runs. Another time service disables both.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  systemd.services = lib.mkIf config.services.timesyncd.enable {
    systemd-timesyncd = {
      wants = [ "modprobe@ptp_kvm.service" ];
      after = [ "modprobe@ptp_kvm.service" ];
      unitConfig.ConditionPathExists = "!/sys/module/ptp_kvm";
    };
    host-clock = {
      description = "Clock synchronization with the host";
      wantedBy = [ "multi-user.target" ];
      wants = [ "modprobe@ptp_kvm.service" ];
      after = [ "modprobe@ptp_kvm.service" ];
      unitConfig.ConditionPathExists = "/sys/module/ptp_kvm";
      serviceConfig = {
        ExecStart = lib.escapeShellArgs [
          "${pkgs.chrony}/bin/chronyd"
          "-n"
          "-u"
          "root"
          "refclock PHC /dev/ptp_kvm poll 2 dpoll -2"
          "makestep 1 -1"
          "port 0"
          "cmdport 0"
          "bindcmdaddress /"
          "pidfile /run/host-clock/pid"
        ];
        Restart = "on-failure";
        RuntimeDirectory = "host-clock";
        CapabilityBoundingSet = [ "CAP_SYS_TIME" ];
        DeviceAllow = [ "char-ptp rw" ];
        NoNewPrivileges = true;
        PrivateNetwork = true;
        ProtectHome = true;
        ProtectSystem = "strict";
      };
    };
  };
}
