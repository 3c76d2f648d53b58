# What services of the host do without, by what they do.
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
  # Also those that run VMs.
  inherit all;

  # Those that make and copy files, as root and anywhere: homes and /tmp stay in their sight, and folders may take over the setgid
  # bit of what they are in.
  files = service // {
    CapabilityBoundingSet = [
      "CAP_CHOWN"
      "CAP_DAC_OVERRIDE"
      "CAP_FOWNER"
      "CAP_FSETID"
    ];
    PrivateNetwork = true;
    # By which nscd tells whose a name is.
    RestrictAddressFamilies = [ "AF_UNIX" ];
    SystemCallFilter = [
      "@system-service"
      "~@resources"
    ];
  };

  # Those that set rules of nftables.
  rules = service // {
    CapabilityBoundingSet = [ "CAP_NET_ADMIN" ];
    PrivateTmp = true;
    ProtectHome = true;
    ProtectSystem = "strict";
    # By which systemctl is heard.
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
