# A Git repository on a disk of the VM. The host pushes branches into it and fetches commits from it.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkDefault mkOption types;
  inherit (config.microvm-emit) user repository;
  inherit (config.users.users.${user.name}) group;
  folders = import ../folders.nix { inherit lib; };
  quoted = lib.escapeShellArg repository;
in
{
  options.microvm-emit.repository = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "/workspace";
    description = "Folder of the Git repository that the agent works in. Set from `microvm-emit.vms.<name>.repository` of the host.";
  };

  config = lib.mkIf (repository != null) {
    programs.git = {
      enable = true;
      # Git makes no commit without a name, and only commits leave the VM.
      config.user = {
        name = mkDefault "${user.name} in a microVM";
        email = mkDefault "${user.name}@microvm.invalid";
      };
    };

    # The root of a new filesystem belongs to root.
    systemd.tmpfiles.settings.repository =
      lib.genAttrs (folders.between user.homeDirectory repository ++ [ repository ])
        (_: {
          d = {
            mode = "0755";
            user = user.name;
            inherit group;
          };
        });

    systemd.services.repository = {
      description = "Git repository in ${repository}";
      wantedBy = [ "multi-user.target" ];
      before = [
        "sshd.service"
        "systemd-user-sessions.service"
      ];
      unitConfig = {
        RequiresMountsFor = repository;
        ConditionPathExists = "!${repository}/.git";
      };
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        User = user.name;
        # Only root could read it, so Git would report it as an error.
        ExecStartPre = "-+${pkgs.coreutils}/bin/rmdir ${quoted}/lost+found";
      };
      path = [ config.programs.git.package ];
      # A push changes the files too, unless there are uncommitted changes.
      script = ''
        git init --quiet --initial-branch=main ${quoted}
        git -C ${quoted} config receive.denyCurrentBranch updateInstead
      '';
    };
  };
}
