import type { Agent } from "./config-types.js";

/** The agents known by name. */
export const agents = {
  "claude-code": {
    name: "claude-code",
    package: "claude-code",
    packagesFrom: "nixpkgs-unstable",
    unfree: true,
    state: { directory: "~/claude-microvm", tag: "claude-credentials", variable: "CLAUDE_CONFIG_DIR" },
    command: "claude --dangerously-skip-permissions",
  },
} as const satisfies Record<string, Agent>;

export type AgentName = keyof typeof agents;

/**
 * Claude Code from nixpkgs-unstable.
 *
 * Its login and settings live in `stateDirectory` on the host, which every VM that names the same folder shares: one
 * login serves all, and one compromised VM can read it.
 */
export const claudeCode = (options: { readonly stateDirectory?: string } = {}): Agent => {
  const row = agents["claude-code"];
  return { ...row, state: { ...row.state, directory: options.stateDirectory ?? row.state.directory } };
};
