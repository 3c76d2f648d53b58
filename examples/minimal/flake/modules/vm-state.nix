# What a VM needs on the host, made right before it starts.
{
  name,
  # UID:GID of the VM's user.
  owner,
  folders ? [ ],
  # Closed to other users of the host.
  privateFolders ? [ ],
  # Closed to the VM's user too.
  rootFolders ? [ ],
  sshHostKeys ? null,
}:
{ lib, pkgs, ... }:
let
  paths = folders ++ privateFolders ++ rootFolders;
  units = [
    "microvm-virtiofsd@${name}.service"
    "microvm@${name}.service"
  ];
  make =
    owner: mode:
    lib.concatMapStrings (path: "makeFolder ${owner} ${mode} ${lib.escapeShellArg path}\n");
in
{
  # microvm.nix makes missing folders as microvm:kvm, where the VM's user could not write.
  systemd.tmpfiles.settings."10-microvm" = lib.genAttrs paths (_: lib.mkForce { });

  systemd.services.${"microvm-state-${name}"} = {
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
          mkdir -p -m "$2" "$3"
          chown "$1" "$3"
        fi
      }
      ${make owner "0755" folders}${make owner "0700" privateFolders}${make "0:0" "0700" rootFolders}''
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
