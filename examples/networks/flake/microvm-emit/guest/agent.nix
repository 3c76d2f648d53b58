# Installs a coding agent and links its login and settings.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.microvm-emit.agent;
  inherit (config.microvm-emit) user;
  inherit (config.users.users.${user.name}) group;
  hasHomeManager = options ? home-manager;

  isVariable = cfg.directory != null && cfg.variable != null;
  # A variable of home-manager would move the login to a folder that is deleted at shutdown.
  inHomeManager =
    config.home-manager.users.${user.name}.home.sessionVariables.${cfg.variable} or cfg.directory;

  # systemd would create parent folders of a mount point with the owner root.
  parentsOf = (import ../folders.nix { inherit lib; }).between user.homeDirectory;
  targets = lib.filter (target: target != cfg.directory) (builtins.attrValues cfg.links);
  folders = lib.concatMap parentsOf ([ cfg.directory ] ++ builtins.attrNames cfg.links) ++ targets;
in
{
  options.microvm-emit.agent = {
    package = mkOption {
      type = types.nullOr types.package;
      default = null;
      example = lib.literalExpression "pkgs.claude-code";
      description = "Package of the agent; null for no agent.";
    };
    command = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "claude --dangerously-skip-permissions";
      description = "Shell command that starts the agent, for `microvm-emit agent`.";
    };
    directory = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/home/alice/claude-microvm";
      description = "Folder with the login and settings of the agent, usually a share.";
    };
    variable = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "CLAUDE_CONFIG_DIR";
      description = "Environment variable from which the agent reads the path of `directory`.";
    };
    links = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = {
        "/home/alice/.claude" = "/home/alice/claude-microvm";
      };
      description = "Symlinks to `directory` or to files in it, for agents with fixed paths. The attribute name is the symlink, the value its target.";
    };
    copiedFrom = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Folder that the guest copies to `directory` at each boot, such as a read-only share.";
    };
    homeManagerProgram = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "claude-code";
      description = "Name of the agent in home-manager's `programs`. `programs.NAME.package` then defaults to `package`.";
    };
  };

  config = lib.mkIf (cfg.package != null) (
    {
      environment.systemPackages = [
        cfg.package
        # In tmux, the agent continues when the connection ends.
        pkgs.tmux
      ];
      environment.variables = lib.mkIf isVariable { ${cfg.variable} = cfg.directory; };

      assertions = lib.mkIf isVariable [
        {
          assertion = inHomeManager == cfg.directory;
          message = "home-manager sets ${cfg.variable} to ${toString inHomeManager}, but the agent's login is in ${cfg.directory}. Remove the option that sets it, such as `configDir`.";
        }
      ];

      systemd.tmpfiles.settings.agent-state = lib.mkIf (cfg.directory != null) (
        lib.genAttrs folders (_: {
          d = {
            mode = "0755";
            user = user.name;
            inherit group;
          };
        })
        // builtins.mapAttrs (_: argument: {
          L = {
            user = user.name;
            inherit group argument;
          };
        }) cfg.links
      );

      systemd.services.agent-state = lib.mkIf (cfg.copiedFrom != null) {
        description = "Copy the agent's login and settings";
        wantedBy = [ "multi-user.target" ];
        before = [
          "home-manager-${lib.replaceStrings [ "-" ] [ "\\x2d" ] user.name}.service"
          "sshd.service"
          "systemd-user-sessions.service"
        ];
        unitConfig.RequiresMountsFor = cfg.copiedFrom;
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          User = user.name;
        };
        script = ''
          mkdir -p ${cfg.directory}
          cp -rT --preserve=mode,timestamps ${cfg.copiedFrom} ${cfg.directory}
        '';
      };
    }
    // lib.optionalAttrs hasHomeManager {
      home-manager.sharedModules = [
        (
          { lib, options, ... }:
          {
            config = lib.optionalAttrs (options.programs ? ${toString cfg.homeManagerProgram}) {
              programs.${cfg.homeManagerProgram}.package = lib.mkDefault cfg.package;
            };
          }
        )
      ];
    }
  );
}
