import type { Expr } from "@microvm-emit/nix-ast";
import { z } from "zod";
import { type Agent, agentSchema } from "../catalogue/agent.js";
import { type AgentName, agents } from "../catalogue/agents.js";
import * as scalar from "../scalars/scalars.js";
import { named, record } from "../scalars/terms.js";
import { type VmKeys, vmKeysSchema } from "./keys.js";
import { type Secret, secretSchema } from "./secret.js";

/** The coding agent of a VM and its secrets. */
export interface VmAgent {
  /**
   * The coding agent: a known name, a function such as `claudeCode({ … })`, or a custom agent; false for none.
   *
   * @default false
   * @example "claude-code"
   */
  readonly agent?: AgentName | Agent | false | undefined;

  /**
   * The owner of the agent's login and settings. `"shared"`: one host folder, writable in every VM; one login serves
   * all, and a compromised VM can read and change it. `"own"`: a folder and a login for this VM only. `"copy"`:
   * a copy of the shared folder at each start of the VM; changes are lost with the guest's home, and renewing a login
   * in one place may end it in another.
   *
   * @default "shared"
   */
  readonly agentState?: "shared" | "own" | "copy" | undefined;

  /**
   * API keys of the host that the VM can use but not read, by provider: `false` withholds the host's key, a file
   * replaces it, and `true` gives the host's key to a VM whose agent has no variables for it. Without an entry, the VM
   * has the host's key if its agent has environment variables for the provider.
   *
   * @default {}
   * @example { anthropic: false, openai: { file: "/run/agenix/openai-of-projectvm" } }
   */
  readonly keys?: VmKeys | undefined;

  /**
   * API keys, tokens and other secrets by name: the host file, or a `Secret`. A file alone also sets the environment
   * variable of that name. The main user of the guest reads it at `/run/microvm-secrets/NAME`.
   *
   * @default {}
   * @example { ANTHROPIC_API_KEY: "/run/secrets/anthropic", netrc: { file: "~/.config/agent-netrc" } }
   */
  readonly secrets?: Readonly<Record<string, string | Expr | Secret>> | undefined;
}

export const vmAgentShape = {
  agent: z.union([named<AgentName, typeof agentSchema>(agents, agentSchema), z.literal(false)]).default(false),
  agentState: z.enum(["shared", "own", "copy"]).default("shared"),
  keys: vmKeysSchema.default({}),
  secrets: record(scalar.secretName, secretSchema).default({}),
};
