{ pkgsUnstable, ... }:
{
  microvm-emit.agent = {
    package = pkgsUnstable.claude-code;
    command = "claude --dangerously-skip-permissions";
    instructions = "claude-code/CLAUDE.md";
    homeManagerProgram = "claude-code";
    directory = "/home/alice/agents/batch";
    variable = "CLAUDE_CONFIG_DIR";
    links = {
      "/home/alice/.claude" = "/home/alice/agents/batch";
    };
  };
}
