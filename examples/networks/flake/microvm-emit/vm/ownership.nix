# Keeps a compromised hypervisor from replacing the programs that units of microvm.nix run as root.
#
# microvm.nix gives the folder of a VM to the user of the hypervisor, with the symlinks `current` and `booted` to these programs. Here the
# folder is sticky and belongs to root: the hypervisor can create its sockets and images, but not replace files of root.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (config.microvm) stateDir;
in
{
  config.systemd = lib.mkIf config.microvm.host.enable {
    tmpfiles.settings."10-microvm".${stateDir}.d = {
      user = lib.mkForce "root";
      group = lib.mkForce "root";
      mode = lib.mkForce "0755";
    };

    services = {
      "microvm-set-booted@" = {
        serviceConfig = {
          User = lib.mkForce "root";
          Group = lib.mkForce "root";
        };
        script = lib.mkForce ''
          ln -sfT "$(readlink current)" booted
        '';
      };
      # Root would follow a symlink of the hypervisor. By default, supervisord writes its log and process id to the folder.
      "microvm-virtiofsd@".serviceConfig = {
        # virtiofsd writes its process ids there, and the hypervisor cannot replace these files of root later.
        ExecStartPre = "${pkgs.findutils}/bin/find ${stateDir}/%i -mindepth 1 -maxdepth 1 -type l ! -user root -delete";
        ExecStart = lib.mkForce "${stateDir}/%i/current/bin/virtiofsd-run --logfile=/dev/null --logfile_maxbytes=0 --pidfile=/run/microvm-virtiofsd/%i.pid";
        RuntimeDirectory = "microvm-virtiofsd";
        RuntimeDirectoryMode = "0700";
        RuntimeDirectoryPreserve = true;
      };
    };
  };
}
