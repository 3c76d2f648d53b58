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
  # For every service, including those that run VMs.
  inherit all;

  # For services that create and copy files as root. They need access to all folders, including /home and /tmp, and RestrictSUIDSGID= would
  # prevent new folders that inherit the setgid bit.
  files = service // {
    CapabilityBoundingSet = [
      "CAP_CHOWN"
      "CAP_DAC_OVERRIDE"
      "CAP_FOWNER"
      "CAP_FSETID"
    ];
    PrivateNetwork = true;
    # nscd needs AF_UNIX to look up user names.
    RestrictAddressFamilies = [ "AF_UNIX" ];
    SystemCallFilter = [
      "@system-service"
      "~@resources"
    ];
  };

  # For services without privileges that use the network.
  proxy = service // {
    CapabilityBoundingSet = "";
    PrivateTmp = true;
    PrivateUsers = true;
    ProtectHome = true;
    ProtectSystem = "strict";
    RemoveIPC = true;
    # The log of the journal needs AF_UNIX.
    RestrictAddressFamilies = [
      "AF_INET"
      "AF_INET6"
      "AF_UNIX"
    ];
    RestrictSUIDSGID = true;
    SystemCallFilter = [
      "@system-service"
      "~@privileged"
    ];
  };

  # For services that change nftables rules.
  rules = service // {
    CapabilityBoundingSet = [ "CAP_NET_ADMIN" ];
    PrivateTmp = true;
    ProtectHome = true;
    ProtectSystem = "strict";
    # systemctl needs AF_UNIX for the D-Bus socket.
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
