// Written by `npm run generate` from the table of agents.
import { agentFunction } from "./agents.js";

/** Anthropic's Claude Code, unfree. */
export const claudeCode = agentFunction("claude-code");

/** OpenAI's Codex CLI. */
export const codex = agentFunction("codex");

/** Google's Gemini CLI; removed from nixpkgs-unstable in August 2026. Its successor is `antigravityCli`. */
export const geminiCli = agentFunction("gemini-cli");

/** Google's Antigravity CLI, unfree. */
export const antigravityCli = agentFunction("antigravity-cli");

/** opencode, with any model provider. */
export const opencode = agentFunction("opencode");

/** Aider, with any model provider; it still asks before it runs shell commands. */
export const aider = agentFunction("aider");

/** Goose, with any model provider. */
export const goose = agentFunction("goose");

/** Charm's Crush, unfree for its first two years, with any model provider. */
export const crush = agentFunction("crush");

/** Sourcegraph's Amp, unfree. */
export const amp = agentFunction("amp");

/** Alibaba's Qwen Code. */
export const qwenCode = agentFunction("qwen-code");

/** GitHub Copilot CLI, unfree. */
export const copilotCli = agentFunction("copilot-cli");

/** Pi, with any model provider. */
export const piCodingAgent = agentFunction("pi-coding-agent");

/** Mistral's Vibe CLI. */
export const mistralVibe = agentFunction("mistral-vibe");

/** AWS's Kiro CLI, unfree. */
export const kiroCli = agentFunction("kiro-cli");
