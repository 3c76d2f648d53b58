{ pkgsUnstable, ... }:
{
  environment.systemPackages = [ pkgsUnstable.claude-code ];
  environment.variables.CLAUDE_CONFIG_DIR = "/home/alice/claude-microvm";
}
