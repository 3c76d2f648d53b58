# What a VM needs on the host, made right before it starts.
{
  name,
  # Path to mode and owner; parents sort before what is in them.
  directories,
  # Those that a guest could replace by a link.
  exposed ? [ ],
  sshHostKeys ? null,
}:
{ lib, pkgs, ... }:
let
  paths = builtins.attrNames directories;
  units = [
    "microvm-virtiofsd@${name}.service"
    "microvm@${name}.service"
  ];
in
{
  # microvm.nix makes missing folders as microvm:kvm, where the VM's user could not write.
  systemd.tmpfiles.settings."10-microvm" = lib.genAttrs paths (_: lib.mkForce { });

  systemd.services."microvm-state-${name}" = {
    description = "Folders and SSH host key of MicroVM '${name}'";
    before = units;
    requiredBy = units;
    unitConfig.RequiresMountsFor = paths;
    serviceConfig.Type = "oneshot";
    path = [ pkgs.openssh ];
    # What is there already stays as it is.
    script = ''
      makeFolder() {
        if [ ! -e "$3" ] && [ ! -L "$3" ]; then
          mkdir -p -m "$1" "$3"
          chown "$2" "$3"
        fi
      }
      refuseLink() {
        if [ -L "$1" ]; then
          echo "$1 is a link, which a guest may have put there" >&2
          exit 1
        fi
      }
      ${lib.concatMapStrings (path: "refuseLink ${lib.escapeShellArg path}\n") exposed}${
        lib.concatStrings (
          lib.mapAttrsToList (path: mode: "makeFolder ${mode} ${lib.escapeShellArg path}\n") directories
        )
      }''
    + lib.optionalString (sshHostKeys != null) ''
      key=${lib.escapeShellArg sshHostKeys}/ssh_host_ed25519_key
      if [ ! -e "$key" ]; then
        rm -f "$key.new" "$key.new.pub"
        ssh-keygen -q -t ed25519 -N "" -C ${lib.escapeShellArg name} -f "$key.new"
        chown --reference="$(dirname "$key")" "$key.new" "$key.new.pub"
        mv "$key.new.pub" "$key.pub"
        mv "$key.new" "$key"
      fi
    '';
  };
}
