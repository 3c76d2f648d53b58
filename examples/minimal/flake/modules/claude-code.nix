{ config, pkgsUnstable, ... }:
{
  environment.systemPackages = [ pkgsUnstable.claude-code ];
  environment.variables.CLAUDE_CONFIG_DIR = "/home/alice/claude-microvm";

  assertions =
    let
      seen =
        config.home-manager.users.alice.home.sessionVariables.CLAUDE_CONFIG_DIR
          or "/home/alice/claude-microvm";
    in
    [
      {
        assertion = seen == "/home/alice/claude-microvm";
        message = "home-manager sets CLAUDE_CONFIG_DIR to ${toString seen}, but the agent's login is at /home/alice/claude-microvm. Leave out the option that sets it, such as `configDir`.";
      }
    ];

  # Dotfiles in the usual place are those that the agent reads.
  systemd.tmpfiles.settings.agent-state = {
    "/home/alice/.claude".L = {
      user = "alice";
      group = config.users.users.alice.group;
      argument = "/home/alice/claude-microvm";
    };
  };
}
