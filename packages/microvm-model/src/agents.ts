import type { Agent } from "./config/agent.js";

/**
 * The agents known by name.
 *
 * What is said of a package holds for the nixpkgs commit beside it. Licences: `asl20` and `mit` are free, `unfree` and
 * `fsl11Mit` are not (nixpkgs.lib de42d442, lib/licenses). docs/agents.md says where the rest was read.
 */
export const agents = {
  "claude-code": {
    name: "claude-code",
    // nixpkgs 0067a06e, pkgs/by-name/cl/claude-code: 2.1.90, unfree.
    package: "claude-code",
    packagesFrom: "nixpkgs-unstable",
    unfree: true,
    state: { directory: "~/claude-microvm", tag: "claude-credentials", variable: "CLAUDE_CONFIG_DIR" },
    command: "claude --dangerously-skip-permissions",
    domains: ["api.anthropic.com", "claude.ai", "platform.claude.com"],
    apiKeyVariables: ["ANTHROPIC_API_KEY"],
  },
  codex: {
    name: "codex",
    // nixpkgs 002ef8a0, pkgs/by-name/co/codex: 0.148.0, asl20.
    package: "codex",
    packagesFrom: "nixpkgs-unstable",
    unfree: false,
    state: { directory: "~/codex-microvm", tag: "codex-state", variable: "CODEX_HOME" },
    command: "codex --dangerously-bypass-approvals-and-sandbox",
    domains: ["api.openai.com", "auth.openai.com", "chatgpt.com"],
    apiKeyVariables: ["OPENAI_API_KEY", "CODEX_API_KEY"],
  },
  "gemini-cli": {
    name: "gemini-cli",
    // nixpkgs 02e8fd8d, pkgs/by-name/ge/gemini-cli: 0.1.21, asl20.
    package: "gemini-cli",
    packagesFrom: "nixpkgs-unstable",
    unfree: false,
    state: { directory: "~/gemini-microvm", tag: "gemini-state", variable: "GEMINI_CLI_HOME" },
    command: "gemini --approval-mode=yolo",
    domains: ["generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com", "www.googleapis.com"],
    apiKeyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  },
  opencode: {
    name: "opencode",
    // nixpkgs 005ab72f, pkgs/by-name/op/opencode: 1.2.13, mit.
    package: "opencode",
    packagesFrom: "nixpkgs-unstable",
    unfree: false,
    state: { directory: "~/opencode-microvm", tag: "opencode-state", mountPoint: "~/.local/share/opencode" },
    command: "opencode --auto",
    domains: ["models.dev", "opencode.ai"],
    apiKeyVariables: ["OPENCODE_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"],
  },
  aider: {
    name: "aider",
    // nixpkgs 019465ec, pkgs/by-name/ai/aider-chat: 0.70.0, asl20.
    package: "aider-chat",
    packagesFrom: "nixpkgs-unstable",
    unfree: false,
    state: { directory: "~/aider-microvm", tag: "aider-state", mountPoint: "~/.aider" },
    command: "aider --yes-always",
    domains: ["openrouter.ai", "raw.githubusercontent.com"],
    apiKeyVariables: [
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "GEMINI_API_KEY",
      "DEEPSEEK_API_KEY",
      "OPENROUTER_API_KEY",
      "GROQ_API_KEY",
    ],
  },
  goose: {
    name: "goose",
    // nixpkgs 02cb9a18, pkgs/by-name/go/goose-cli: 1.16.1, asl20.
    package: "goose-cli",
    packagesFrom: "nixpkgs-unstable",
    unfree: false,
    state: { directory: "~/goose-microvm", tag: "goose-state", variable: "GOOSE_PATH_ROOT" },
    command: "GOOSE_MODE=auto goose session",
    domains: [],
    apiKeyVariables: ["GOOSE_PROVIDER__API_KEY", "ANTHROPIC_API_KEY"],
  },
  crush: {
    name: "crush",
    // nixpkgs 005ab72f, pkgs/by-name/cr/crush: 0.43.2, fsl11Mit.
    package: "crush",
    packagesFrom: "nixpkgs-unstable",
    unfree: true,
    state: { directory: "~/crush-microvm", tag: "crush-state", variable: "CRUSH_GLOBAL_DATA" },
    command: "crush --yolo",
    domains: ["catwalk.charm.land", "hyper.charm.land"],
    apiKeyVariables: [
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "GEMINI_API_KEY",
      "OPENROUTER_API_KEY",
      "GROQ_API_KEY",
      "HYPER_API_KEY",
    ],
  },
  amp: {
    name: "amp",
    // nixpkgs 071e0299, pkgs/by-name/am/amp-cli: 0.0.1775463997-ga80857, unfree.
    package: "amp-cli",
    packagesFrom: "nixpkgs-unstable",
    unfree: true,
    state: { directory: "~/amp-microvm", tag: "amp-state", mountPoint: "~/.local/share/amp" },
    command: "amp --dangerously-allow-all",
    domains: ["ampcode.com"],
    apiKeyVariables: ["AMP_API_KEY"],
  },
  "qwen-code": {
    name: "qwen-code",
    // nixpkgs 005ab72f, pkgs/by-name/qw/qwen-code: 0.10.5, asl20.
    package: "qwen-code",
    packagesFrom: "nixpkgs-unstable",
    unfree: false,
    state: { directory: "~/qwen-microvm", tag: "qwen-state", variable: "QWEN_HOME" },
    command: "qwen --yolo",
    domains: ["dashscope.aliyuncs.com"],
    apiKeyVariables: ["DASHSCOPE_API_KEY", "OPENAI_API_KEY", "BAILIAN_CODING_PLAN_API_KEY"],
  },
  "copilot-cli": {
    name: "copilot-cli",
    // nixpkgs 072bd877, pkgs/by-name/gi/github-copilot-cli: 1.0.61, unfree.
    package: "github-copilot-cli",
    packagesFrom: "nixpkgs-unstable",
    unfree: true,
    state: { directory: "~/copilot-microvm", tag: "copilot-state", variable: "COPILOT_HOME" },
    command: "copilot --allow-all",
    domains: [
      "github.com",
      "api.github.com",
      "*.githubcopilot.com",
      "copilot-proxy.githubusercontent.com",
      "origin-tracker.githubusercontent.com",
    ],
    apiKeyVariables: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"],
  },
} as const satisfies Record<string, Agent>;

export type AgentName = keyof typeof agents;

/** What may be chosen of a known agent. */
export interface AgentOptions {
  /**
   * The host's folder of its login and settings, absolute or below `~/`. Every VM that names the same folder shares it:
   * one login serves all, and one compromised VM can read it.
   *
   * @default the row's own, such as `~/claude-microvm`
   */
  readonly stateDirectory?: string;
}

const named =
  (name: AgentName) =>
  ({ stateDirectory, ...unknown }: AgentOptions = {}): Agent => {
    const row = agents[name];
    // What is no option is for the schema to refuse.
    return { ...unknown, ...row, state: { ...row.state, directory: stateDirectory ?? row.state.directory } };
  };

/** Anthropic's Claude Code, unfree. */
export const claudeCode = named("claude-code");

/** OpenAI's Codex CLI. */
export const codex = named("codex");

/** Google's Gemini CLI; nixpkgs has been asked to give it up, see docs/agents.md. */
export const geminiCli = named("gemini-cli");

/** opencode, with the model provider of one's choice. */
export const opencode = named("opencode");

/** Aider, with the model provider of one's choice; it still asks before it runs shell commands. */
export const aider = named("aider");

/** Goose, with the model provider of one's choice. */
export const goose = named("goose");

/** Charm's Crush, unfree for its first two years, with the model provider of one's choice. */
export const crush = named("crush");

/** Sourcegraph's Amp, unfree. */
export const amp = named("amp");

/** Alibaba's Qwen Code. */
export const qwenCode = named("qwen-code");

/** GitHub Copilot CLI, unfree. */
export const copilotCli = named("copilot-cli");
