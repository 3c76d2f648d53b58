# Keeps the credentials of a VM when the initrd starts the system.
{
  # NixOS before July 2025 binds /run to the new root without the mounts below it, and systemd then has no credentials.
  # https://github.com/NixOS/nixpkgs/issues/421388
  boot.initrd.systemd.services.keep-credentials = {
    description = "Credentials for the system";
    requiredBy = [ "initrd.target" ];
    after = [ "initrd-nixos-activation.service" ];
    before = [
      "initrd.target"
      "initrd-cleanup.service"
      "initrd-switch-root.target"
      "shutdown.target"
    ];
    conflicts = [ "shutdown.target" ];
    unitConfig = {
      DefaultDependencies = false;
      ConditionDirectoryNotEmpty = [
        "/run/credentials/@system"
        "!/sysroot/run/credentials/@system"
      ];
    };
    serviceConfig = {
      Type = "oneshot";
      ExecStart = "/bin/mount --rbind /run/credentials /sysroot/run/credentials";
    };
  };
}
