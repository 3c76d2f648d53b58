{
  config,
  lib,
  pkgsUnstable,
  ...
}:
{
  environment.systemPackages = [ pkgsUnstable.claude-code ];
  environment.variables.CLAUDE_CONFIG_DIR = "/home/michael/claude-microvm";

  assertions =
    let
      seen =
        config.home-manager.users.michael.home.sessionVariables.CLAUDE_CONFIG_DIR
          or "/home/michael/claude-microvm";
    in
    [
      {
        assertion = seen == "/home/michael/claude-microvm";
        message = "home-manager sets CLAUDE_CONFIG_DIR to ${toString seen}, but the agent's login is at /home/michael/claude-microvm. Leave out the option that sets it, such as `configDir`.";
      }
    ];

  # Dotfiles in the usual place are those that the agent reads.
  systemd.tmpfiles.settings.agent-state = {
    "/home/michael/.claude".L = {
      user = "michael";
      group = config.users.users.michael.group;
      argument = "/home/michael/claude-microvm";
    };
  };

  home-manager.users.michael =
    { lib, options, ... }:
    {
      config = lib.optionalAttrs (options.programs ? claude-code) {
        programs.claude-code.package = lib.mkDefault pkgsUnstable.claude-code;
      };
    };
}
