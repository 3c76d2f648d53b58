import { camelCase } from "../common/camel-case.js";
import type { Agent } from "./agent.js";

/**
 * The agents known by name, each with the sources of its facts. `npm run generate` makes from each row its function, with
 * the row's comment, and its rows in the tables of docs/agents.md.
 */
export const agents = {
  /** Anthropic's Claude Code, unfree. */
  "claude-code": {
    name: "claude-code",
    package: "claude-code",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.05" },
    unfree: true,
    state: {
      directory: "~/claude-microvm",
      tag: "claude-credentials",
      variable: "CLAUDE_CONFIG_DIR",
      links: { "~/.claude": "." },
    },
    homeManagerProgram: "claude-code",
    command: "claude --dangerously-skip-permissions",
    instructions: "claude-code/CLAUDE.md",
    domains: [
      "api.anthropic.com",
      "claude.ai",
      "platform.claude.com",
      "mcp-proxy.anthropic.com",
      "downloads.claude.ai",
    ],
    apiKeyVariables: ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"],
    gateway: {
      anthropic: { baseUrl: "ANTHROPIC_BASE_URL", key: "ANTHROPIC_AUTH_TOKEN" },
    },
    facts: {
      date: "2026-11",
      package: "`0067a06e`, 2.1.90; the native binary since nixpkgs#511120 (April 2026)",
      rest: "Anthropic's docs: network configuration, authentication, environment variables",
      gateway: "Anthropic's docs: LLM gateway configuration",
    },
  },
  /** OpenAI's Codex CLI. */
  codex: {
    name: "codex",
    package: "codex",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.05" },
    unfree: false,
    state: {
      directory: "~/codex-microvm",
      tag: "codex-state",
      variable: "CODEX_HOME",
      links: { "~/.codex": "." },
    },
    homeManagerProgram: "codex",
    command: "codex --dangerously-bypass-approvals-and-sandbox",
    domains: ["api.openai.com", "auth.openai.com", "chatgpt.com"],
    apiKeyVariables: ["OPENAI_API_KEY", "CODEX_API_KEY"],
    facts: {
      date: "2026-08",
      package: "`002ef8a0`, 0.148.0",
      rest: "OpenAI's CLI reference and environment variables; domains: code of other clients, **not verified** with OpenAI",
      gateway: "none: openai/codex#16720 (April 2026) removed `OPENAI_BASE_URL`; set `openai_base_url` in config.toml",
    },
  },
  /** Google's Gemini CLI; removed from nixpkgs-unstable in August 2026. Its successor is `antigravityCli`. */
  "gemini-cli": {
    name: "gemini-cli",
    package: "gemini-cli",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.11", until: "26.05", successor: "antigravity-cli" },
    unfree: false,
    state: {
      directory: "~/gemini-microvm",
      tag: "gemini-state",
      variable: "GEMINI_CLI_HOME",
      links: { "~/.gemini": ".gemini" },
    },
    command: "gemini --approval-mode=yolo",
    domains: ["generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com", "www.googleapis.com"],
    apiKeyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    facts: {
      date: "2026-11",
      package: "`02e8fd8d`, 0.1.21; nixpkgs-unstable refuses it since August 2026 (`meta.problems.removal`)",
      rest: "its sources and docs at `5411f113` (August 2026); other domains of the Google login are **not verified**",
      gateway: "none: `GOOGLE_GEMINI_BASE_URL` must be HTTPS (`validateBaseUrl` in its sources)",
    },
  },
  /** Google's Antigravity CLI, unfree. */
  "antigravity-cli": {
    name: "antigravity-cli",
    package: "antigravity-cli",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "26.05" },
    unfree: true,
    state: { directory: "~/antigravity-microvm", tag: "antigravity-state", mountPoint: "~/.gemini" },
    homeManagerProgram: "antigravity-cli",
    command: "agy --dangerously-skip-permissions",
    domains: [
      "antigravity.google",
      "accounts.google.com",
      "oauth2.googleapis.com",
      "cloudcode-pa.googleapis.com",
      "daily-cloudcode-pa.googleapis.com",
      "generativelanguage.googleapis.com",
      "www.googleapis.com",
    ],
    apiKeyVariables: ["GEMINI_API_KEY"],
    facts: {
      date: "2026-11",
      package: "`02d562cc`, 1.1.4; added by nixpkgs#523246 in the week of the branch-off of 26.05",
      rest: "home-manager's module `programs.antigravity-cli`; flags and folders: reports of users; domains and key: code of other clients, **not verified** with Google",
    },
  },
  /** opencode, with any model provider. */
  opencode: {
    name: "opencode",
    package: "opencode",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.11" },
    unfree: false,
    state: { directory: "~/opencode-microvm", tag: "opencode-state", mountPoint: "~/.local/share/opencode" },
    homeManagerProgram: "opencode",
    command: "opencode --auto",
    // It installs the SDK of a model provider from npm at first use.
    domains: ["models.dev", "opencode.ai", "registry.npmjs.org"],
    apiKeyVariables: ["OPENCODE_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"],
    gateway: {
      anthropic: { baseUrl: "ANTHROPIC_BASE_URL", path: "/v1", key: "ANTHROPIC_API_KEY" },
    },
    facts: {
      date: "2026-11",
      package: "`005ab72f`, 1.2.13",
      rest: "opencode.ai/v1/docs/permissions; its sources at `0259f2c1`; domains are **not verified**",
      gateway: "anomalyco/opencode#35005 (July 2026)",
    },
  },
  /** Aider, with any model provider; it still asks before it runs shell commands. */
  aider: {
    name: "aider",
    package: "aider-chat",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "24.11" },
    unfree: false,
    state: { directory: "~/aider-microvm", tag: "aider-state", mountPoint: "~/.aider" },
    homeManagerProgram: "aider-chat",
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
    gateway: {
      anthropic: { baseUrl: "ANTHROPIC_API_BASE", key: "ANTHROPIC_API_KEY" },
      openai: { baseUrl: "OPENAI_API_BASE", path: "/v1", key: "OPENAI_API_KEY" },
    },
    facts: {
      date: "2026-08",
      package: "`019465ec`, 0.70.0",
      rest: "its sources and docs at `5dc9490b` (May 2026)",
      gateway: "LiteLLM's sources (`get_api_base`), Aider's docs (OpenAI compatible APIs)",
    },
  },
  /** Goose, with any model provider. */
  goose: {
    name: "goose",
    package: "goose-cli",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.05" },
    unfree: false,
    state: {
      directory: "~/goose-microvm",
      tag: "goose-state",
      variable: "GOOSE_PATH_ROOT",
      links: { "~/.config/goose": "config", "~/.local/share/goose": "data", "~/.local/state/goose": "state" },
    },
    command: "GOOSE_MODE=auto goose session",
    domains: [],
    apiKeyVariables: ["GOOSE_PROVIDER__API_KEY", "ANTHROPIC_API_KEY"],
    gateway: {
      anthropic: { baseUrl: "ANTHROPIC_HOST", key: "ANTHROPIC_API_KEY" },
      openai: { baseUrl: "OPENAI_HOST", key: "OPENAI_API_KEY" },
    },
    facts: {
      date: "2026-11",
      package: "`02cb9a18`, 1.16.1",
      rest: "aaif-goose/goose: docs at `0026328d`, sources at `0780e228`; keys of providers other than Anthropic are **not verified**",
      gateway: "its docs: environment variables, providers",
    },
  },
  /** Charm's Crush, unfree for its first two years, with any model provider. */
  crush: {
    name: "crush",
    package: "crush",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.11" },
    unfree: true,
    state: {
      directory: "~/crush-microvm",
      tag: "crush-state",
      variable: "CRUSH_GLOBAL_DATA",
      links: { "~/.local/share/crush": "." },
    },
    homeManagerProgram: "crush",
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
    gateway: {
      anthropic: { baseUrl: "ANTHROPIC_API_ENDPOINT", key: "ANTHROPIC_API_KEY" },
    },
    facts: {
      date: "2026-08",
      package: "`005ab72f`, 0.43.2 (licence `fsl11Mit`)",
      rest: "its sources and README at `37f36e93` (August 2026)",
      gateway: "Catwalk's provider file; **not verified** with Crush",
    },
  },
  /** Sourcegraph's Amp, unfree. */
  amp: {
    name: "amp",
    package: "amp-cli",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.11" },
    unfree: true,
    state: { directory: "~/amp-microvm", tag: "amp-state", mountPoint: "~/.local/share/amp" },
    command: "amp --dangerously-allow-all",
    domains: ["ampcode.com"],
    apiKeyVariables: ["AMP_API_KEY"],
    facts: {
      date: "2026-08",
      package: "`071e0299`, 0.0.1775463997",
      rest: "programs that run Amp or replace its server (CLIProxyAPI): all **not verified** with Sourcegraph",
    },
  },
  /** Alibaba's Qwen Code. */
  "qwen-code": {
    name: "qwen-code",
    package: "qwen-code",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.11" },
    unfree: false,
    state: {
      directory: "~/qwen-microvm",
      tag: "qwen-state",
      variable: "QWEN_HOME",
      links: { "~/.qwen": "." },
    },
    command: "qwen --yolo",
    domains: ["dashscope.aliyuncs.com"],
    apiKeyVariables: ["DASHSCOPE_API_KEY", "OPENAI_API_KEY", "BAILIAN_CODING_PLAN_API_KEY"],
    gateway: {
      openai: { baseUrl: "OPENAI_BASE_URL", path: "/v1", key: "OPENAI_API_KEY" },
    },
    facts: {
      date: "2026-08",
      package: "`005ab72f`, 0.10.5",
      rest: "a digest of its docs for `QWEN_HOME`, newer than its sources of April 2026; flag and domain: other code, **not verified** with Alibaba",
      gateway: "its docs: OpenAI authentication",
    },
  },
  /** GitHub Copilot CLI, unfree. */
  "copilot-cli": {
    name: "copilot-cli",
    package: "github-copilot-cli",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "25.11" },
    unfree: true,
    state: {
      directory: "~/copilot-microvm",
      tag: "copilot-state",
      variable: "COPILOT_HOME",
      links: { "~/.copilot": "." },
    },
    homeManagerProgram: "github-copilot-cli",
    command: "copilot --allow-all",
    domains: [
      "github.com",
      "api.github.com",
      "*.githubcopilot.com",
      "copilot-proxy.githubusercontent.com",
      "origin-tracker.githubusercontent.com",
    ],
    apiKeyVariables: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"],
    facts: {
      date: "2026-08",
      package: "`072bd877`, 1.0.61",
      rest: "GitHub's docs: CLI programmatic reference, configuration directory, allowlist reference at `024f6b0f`",
    },
  },
  /** Pi, with any model provider. */
  "pi-coding-agent": {
    name: "pi-coding-agent",
    package: "pi-coding-agent",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "26.05" },
    unfree: false,
    state: {
      directory: "~/pi-microvm",
      tag: "pi-state",
      variable: "PI_CODING_AGENT_DIR",
      links: { "~/.pi/agent": "." },
    },
    homeManagerProgram: "pi-coding-agent",
    // It never asks for permission.
    command: "pi",
    domains: [],
    apiKeyVariables: [
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "GEMINI_API_KEY",
      "MISTRAL_API_KEY",
      "OPENROUTER_API_KEY",
      "GROQ_API_KEY",
    ],
    facts: {
      date: "2026-11",
      package: "`0088e3cc`, 0.80.6; added by nixpkgs#486230 (March 2026)",
      rest: "pi.dev's docs; home-manager's module `programs.pi-coding-agent`",
    },
  },
  /** Mistral's Vibe CLI. */
  "mistral-vibe": {
    name: "mistral-vibe",
    package: "mistral-vibe",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "26.05" },
    unfree: false,
    state: { directory: "~/vibe-microvm", tag: "vibe-state", mountPoint: "~/.vibe" },
    homeManagerProgram: "mistral-vibe",
    command: "vibe --agent auto-approve",
    domains: ["api.mistral.ai", "console.mistral.ai"],
    apiKeyVariables: ["MISTRAL_API_KEY"],
    facts: {
      date: "2026-11",
      package: "`02a61b32`, 2.5.0",
      rest: "Mistral's docs: configuration, API keys; domains are **not verified** with Mistral",
    },
  },
  /** AWS's Kiro CLI, unfree. */
  "kiro-cli": {
    name: "kiro-cli",
    package: "kiro-cli",
    packagesFrom: "nixpkgs-unstable",
    releases: { since: "26.05" },
    unfree: ["kiro-cli", "kiro-cli-unwrapped"],
    state: { directory: "~/kiro-microvm", tag: "kiro-state", mountPoint: "~/.local/share/kiro-cli" },
    homeManagerProgram: "kiro-cli",
    command: "kiro-cli chat --trust-all-tools",
    domains: [
      "app.kiro.dev",
      "prod.us-east-1.auth.desktop.kiro.dev",
      "oidc.us-east-1.amazonaws.com",
      "q.us-east-1.amazonaws.com",
    ],
    apiKeyVariables: ["KIRO_API_KEY"],
    facts: {
      date: "2026-11",
      package: "`005ab72f`, 1.26.2; two unfree packages since nixpkgs#551010 (August 2026)",
      rest: "kiro.dev's docs: permissions, authentication; folder: reports of users; domains are **not verified** with AWS",
    },
  },
} as const satisfies Record<string, Agent>;

/** The name of a known agent. */
export type AgentName = keyof typeof agents;

/** Options of a known agent. */
export interface AgentOptions {
  /**
   * The host folder of its login and settings, absolute or below `~/`. VMs with the same folder share one login, which
   * a compromised VM can then read.
   *
   * @default the folder of the agent, such as `~/claude-microvm`
   */
  readonly stateDirectory?: string;
}

/** The function of a known agent: its row, with the options of the caller. */
export const agentFunction = (name: AgentName) => {
  const agent = ({ stateDirectory, ...unknown }: AgentOptions = {}): Agent => {
    const row = agents[name];
    // The schema reports an unknown option.
    return { ...unknown, ...row, state: { ...row.state, directory: stateDirectory ?? row.state.directory } };
  };
  // An error names the function that a config did not call.
  return Object.defineProperty(agent, "name", { value: camelCase(name) });
};
