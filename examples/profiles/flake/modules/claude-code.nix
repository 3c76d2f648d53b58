{
  config,
  lib,
  pkgsUnstable,
  ...
}:
{
  environment.systemPackages = [ pkgsUnstable.claude-code ];
  environment.variables.CLAUDE_CONFIG_DIR = "/home/alice/agents/api";

  assertions =
    let
      seen =
        config.home-manager.users.alice.home.sessionVariables.CLAUDE_CONFIG_DIR or "/home/alice/agents/api";
    in
    [
      {
        assertion = seen == "/home/alice/agents/api";
        message = "home-manager sets CLAUDE_CONFIG_DIR to ${toString seen}, but the agent's login is at /home/alice/agents/api. Leave out the option that sets it, such as `configDir`.";
      }
    ];

  # Dotfiles in the usual place are those that the agent reads.
  systemd.tmpfiles.settings.agent-state = {
    "/home/alice/agents".d = {
      mode = "0755";
      user = "alice";
      group = config.users.users.alice.group;
    };
    "/home/alice/.claude".L = {
      user = "alice";
      group = config.users.users.alice.group;
      argument = "/home/alice/agents/api";
    };
  };

  home-manager.users.alice =
    { lib, options, ... }:
    {
      config = lib.optionalAttrs (options.programs ? claude-code) {
        programs.claude-code.package = lib.mkDefault pkgsUnstable.claude-code;
      };
    };
}
