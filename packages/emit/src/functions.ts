// Written by `npm run generate` from the table of agents.
export {
  aider,
  amp,
  antigravityCli,
  claudeCode,
  codex,
  copilotCli,
  crush,
  geminiCli,
  goose,
  kiroCli,
  mistralVibe,
  opencode,
  piCodingAgent,
  qwenCode,
} from "@microvm-emit/model";
