# Shows the page about the limits of the VM, which the host writes beside the SSH host key.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  inherit (config.microvm-emit) agent sshHostKeys;
  page = "/run/microvm-emit/README.md";
in
{
  options.microvm-emit.agent.instructions = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "claude-code/CLAUDE.md";
    description = "Path below `/etc` of the instructions that the agent reads in each session. By default, this file is a link to the page about the limits of the VM, `/etc/microvm-emit/README.md`.";
  };

  config = lib.mkIf sshHostKeys {
    environment.etc = {
      "microvm-emit/README.md".source = page;
    }
    // lib.optionalAttrs (agent.instructions != null) {
      ${agent.instructions}.source = lib.mkDefault page;
    };

    # Only root can read the folder of the key.
    systemd.services.microvm-page = {
      description = "Page about the limits of this VM";
      wantedBy = [ "multi-user.target" ];
      before = [
        "sshd.service"
        "systemd-user-sessions.service"
      ];
      unitConfig.RequiresMountsFor = "/etc/ssh/host-keys";
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        RuntimeDirectory = "microvm-emit";
        RuntimeDirectoryPreserve = true;
        ExecCondition = "${pkgs.coreutils}/bin/test -e /etc/ssh/host-keys/README.md";
        ExecStart = "${pkgs.coreutils}/bin/install -m 0444 /etc/ssh/host-keys/README.md ${page}";
      };
    };
  };
}
