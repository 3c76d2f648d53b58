{ pkgsUnstable, ... }:
{
  environment.systemPackages = [ pkgsUnstable.claude-code ];
  environment.variables.CLAUDE_CONFIG_DIR = "/home/alice/agents/api";

  # Mounting makes the folders on the way as root's; they are the user's.
  systemd.tmpfiles.settings.agent-state = {
    "/home/alice/agents".d = {
      mode = "0755";
      user = "alice";
      group = "alice";
    };
  };
}
