# The service for a VM's virtiofs shares on the host.
{ config, lib, pkgs, ... }:
let
  inherit (config.microvm) hypervisor shares virtiofsd;
  served = builtins.filter (s: s.proto == "virtiofs") shares;

  serve = s: lib.concatStringsSep " " (
    [
      (lib.getExe virtiofsd.package)
      "--socket-path=${lib.escapeShellArg s.socket}"
      "--shared-dir=${lib.escapeShellArg s.source}"
      "--thread-pool-size ${toString virtiofsd.threadPoolSize}"
      "--cache=${s.cache}"
    ]
    ++ lib.optional (virtiofsd.group != null) "--socket-group=${virtiofsd.group}"
    ++ lib.optional (virtiofsd.inodeFileHandles != null) "--inode-file-handles=${virtiofsd.inodeFileHandles}"
    ++ lib.optional s.posixAcl "--posix-acl --xattr"
    ++ lib.optional (hypervisor == "crosvm") "--tag=${s.tag}"
    ++ lib.optional s.readOnly "--readonly"
    ++ virtiofsd.extraArgs
    ++ s.extraArgs
  );
in
{
  microvm.binScripts = lib.mkIf (served != [ ] && hypervisor != "vfkit") {
    virtiofsd-run = "exec supervisord --configuration ${
      pkgs.writeText "${config.networking.hostName}-virtiofsd-supervisord.conf" (lib.concatMapStrings (s: serve s + "\n") served)
    }\n";
  };
}
