# What VMs need on the host, made right before each starts.
hostUser: vms:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  commandsOf =
    name:
    {
      # Path to mode and owner; parents sort before what is in them.
      directories,
      # What a guest could replace by a link, of these and of what leads to them.
      exposed ? [ ],
      sshHostKeys ? null,
    }:
    lib.concatMapStrings (path: "refuseLink ${lib.escapeShellArg path}\n") exposed
    + lib.concatStrings (
      lib.mapAttrsToList (path: mode: "makeFolder ${mode} ${lib.escapeShellArg path}\n") directories
    )
    + lib.optionalString (
      sshHostKeys != null
    ) "makeHostKey ${name} ${lib.escapeShellArg sshHostKeys}\n";

  pathsOf = vm: builtins.attrNames vm.directories;
in
{
  # microvm.nix makes missing folders as microvm:kvm, where the VM's user could not write.
  systemd.tmpfiles.settings."10-microvm" = lib.genAttrs (lib.concatMap pathsOf (
    builtins.attrValues vms
  )) (_: lib.mkForce { });

  systemd.services = lib.mkIf config.microvm.host.enable (
    {
      "microvm-state@" = {
        description = "Folders and SSH host key of MicroVM '%i'";
        before = [
          "microvm-virtiofsd@%i.service"
          "microvm@%i.service"
        ];
        restartIfChanged = false;
        serviceConfig = (import ../lib/confined.nix).files // {
          Type = "oneshot";
          ProtectSystem = true;
        };
        path = [ pkgs.openssh ];
        scriptArgs = "%i";
        # What is there already stays as it is.
        script = hostUser.check + ''
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
          # The private key takes its final name last, so that a key is there whole or not at all.
          makeHostKey() {
            key=$2/ssh_host_ed25519_key
            if [ ! -e "$key" ]; then
              rm -f "$key.new" "$key.new.pub"
              ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$key.new"
              chown --reference="$2" "$key.new" "$key.new.pub"
              mv "$key.new.pub" "$key.pub"
              mv "$key.new" "$key"
            fi
          }
          case "$1" in
          ${lib.concatStrings (lib.mapAttrsToList (name: vm: "${name})\n${commandsOf name vm};;\n") vms)}
          esac
        '';
      };
      "microvm-virtiofsd@".requires = [ "microvm-state@%i.service" ];
      "microvm@".requires = [ "microvm-state@%i.service" ];
    }
    // lib.mapAttrs' (
      name: vm: lib.nameValuePair "microvm@${name}" { unitConfig.RequiresMountsFor = pathsOf vm; }
    ) vms
  );
}
