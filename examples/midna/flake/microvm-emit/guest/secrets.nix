# Copies secrets of the host to /run/microvm-secrets, readable only by the user.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (config.microvm-emit) secrets user;
  inherit (config.users.users.${user.name}) group;
  transport = import ../secret-transport.nix;
  byCredential = transport.byCredential config.microvm.hypervisor;
  variables = lib.filterAttrs (_: variable: variable != null) secrets;
in
{
  options.microvm-emit.secrets = mkOption {
    type = types.attrsOf (types.nullOr types.str);
    default = { };
    description = "Names of secrets, each with its environment variable or null. Set from `microvm-emit.vms.<name>.secrets` of the host.";
  };

  config = lib.mkIf (secrets != { }) {
    systemd.services.microvm-secrets = {
      description = "Secrets of ${user.name} from the host";
      wantedBy = [ "multi-user.target" ];
      before = [
        "sshd.service"
        "systemd-user-sessions.service"
      ];
      unitConfig = lib.mkIf (!byCredential) { RequiresMountsFor = transport.mountPoint; };
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        LoadCredential = lib.mkIf byCredential (builtins.attrNames secrets);
      };
      script = ''
        install -d -m 0500 -o ${user.name} -g ${group} /run/microvm-secrets
        for secret in ${toString (builtins.attrNames secrets)}; do
          install -m 0400 -o ${user.name} -g ${group} \
            "${
              if byCredential then "$CREDENTIALS_DIRECTORY" else transport.mountPoint
            }/$secret" "/run/microvm-secrets/$secret"
        done
      '';
    };

    # Shells read the secrets when they start, because the Nix store must not contain them.
    environment.extraInit = lib.concatStrings (
      lib.mapAttrsToList (secret: variable: ''
        if [ -r /run/microvm-secrets/${secret} ]; then
          export ${variable}="$(cat /run/microvm-secrets/${secret})"
        fi
      '') variables
    );
  };
}
