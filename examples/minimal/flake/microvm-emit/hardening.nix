# systemd hardening profiles, by kind of service.
let
  all = {
    LockPersonality = true;
    NoNewPrivileges = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    RestrictRealtime = true;
    SystemCallArchitectures = "native";
    SystemCallErrorNumber = "EPERM";
  };
  service = all // {
    MemoryDenyWriteExecute = true;
    PrivateDevices = true;
    ProcSubset = "pid";
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectProc = "invisible";
    RestrictNamespaces = true;
  };
in
{
  # For every service, also those that run VMs.
  inherit all;

  # For services that create and copy files as root. They see all folders, /home and /tmp included, and new folders may inherit the
  # setgid bit.
  files = service // {
    CapabilityBoundingSet = [
      "CAP_CHOWN"
      "CAP_DAC_OVERRIDE"
      "CAP_FOWNER"
      "CAP_FSETID"
    ];
    PrivateNetwork = true;
    # Needed by nscd for user names.
    RestrictAddressFamilies = [ "AF_UNIX" ];
    SystemCallFilter = [
      "@system-service"
      "~@resources"
    ];
  };

  # For services that change nftables rules.
  rules = service // {
    CapabilityBoundingSet = [ "CAP_NET_ADMIN" ];
    PrivateTmp = true;
    ProtectHome = true;
    ProtectSystem = "strict";
    # AF_UNIX is needed by systemctl (D-Bus socket).
    RestrictAddressFamilies = [
      "AF_NETLINK"
      "AF_UNIX"
    ];
    RestrictSUIDSGID = true;
    SystemCallFilter = [
      "@system-service"
      "~@privileged @resources"
    ];
  };
}
