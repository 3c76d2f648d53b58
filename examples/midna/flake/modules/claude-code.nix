{ pkgsUnstable, ... }:
{
  microvm-emit.agent = {
    package = pkgsUnstable.claude-code;
    command = "claude --dangerously-skip-permissions";
    instructions = "claude-code/CLAUDE.md";
    homeManagerProgram = "claude-code";
    directory = "/home/michael/claude-microvm";
    variable = "CLAUDE_CONFIG_DIR";
    links = {
      "/home/michael/.claude" = "/home/michael/claude-microvm";
    };
  };
}
