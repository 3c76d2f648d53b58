{ pkgsUnstable, ... }:
{
  microvm-emit.agent = {
    package = pkgsUnstable.claude-code;
    command = "claude --dangerously-skip-permissions";
    instructions = "claude-code/CLAUDE.md";
    homeManagerProgram = "claude-code";
    directory = "/home/alice/claude-microvm";
    variable = "CLAUDE_CONFIG_DIR";
    links = {
      "/home/alice/.claude" = "/home/alice/claude-microvm";
    };
  };
}
