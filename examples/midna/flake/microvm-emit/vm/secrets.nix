# Copies the secrets of each VM to /run, readable only by its hypervisor or root.
{ config, lib, ... }:
let
  vms = lib.filterAttrs (_: { secrets, ... }: secrets != { }) config.microvm-emit.vms;
  inherit (import ../secret-transport.nix) byCredential directoryOf;

  # QEMU runs as the user microvm and reads the files itself.
  ownerOf =
    name:
    let
      guest = import ./nixos-of.nix name config.microvm.vms.${name};
    in
    if byCredential guest.config.microvm.hypervisor then "microvm" else "root";

  commandsOf =
    name: vm:
    let
      owner = ownerOf name;
    in
    "prepare ${owner} ${directoryOf name}\n"
    + lib.concatStrings (
      lib.mapAttrsToList (
        secret:
        { file, ... }:
        "install -m 0400 -o ${owner} ${lib.escapeShellArg (toString file)} ${directoryOf name}/${secret}\n"
      ) vm.secrets
    );
in
{
  config = lib.mkIf (vms != { }) {
    # A path inside the flake is copied to the store.
    assertions = lib.concatLists (
      lib.mapAttrsToList (
        name: vm:
        lib.mapAttrsToList (secret: { file, ... }: {
          assertion = !lib.hasPrefix builtins.storeDir (toString file);
          message = "The secret ${secret} of ${name} is in the Nix store, which every user can read. Use a file outside of it.";
        }) vm.secrets
      ) vms
    );

    microvm-emit.ownFolders = map directoryOf (builtins.attrNames vms);

    systemd.services = lib.mkIf config.microvm.host.enable {
      "microvm-secrets@" = {
        description = "Secrets of MicroVM '%i'";
        before = [
          "microvm-virtiofsd@%i.service"
          "microvm@%i.service"
        ];
        restartIfChanged = false;
        serviceConfig = (import ../hardening.nix).files // {
          Type = "oneshot";
          ProtectHome = "read-only";
          ProtectSystem = "strict";
          RestrictSUIDSGID = true;
          RuntimeDirectory = "microvm-secrets";
          RuntimeDirectoryMode = "0711";
          RuntimeDirectoryPreserve = true;
        };
        scriptArgs = "%i";
        script = ''
          prepare() {
            install -d -m 0700 -o "$1" "$2"
            find "$2" -mindepth 1 -delete
          }
          case "$1" in
          ${lib.concatStrings (lib.mapAttrsToList (name: vm: "${name})\n${commandsOf name vm};;\n") vms)}
          esac
        '';
      };
      "microvm-virtiofsd@".requires = [ "microvm-secrets@%i.service" ];
      "microvm@".requires = [ "microvm-secrets@%i.service" ];
    };
  };
}
