import { z } from "zod";
import * as scalar from "../scalars.js";
import { object, type Package, packageSchema } from "./terms.js";

/** A coding agent: what is installed, where it keeps its login, how it starts without permission prompts. */
export interface Agent {
  /**
   * What its emitted module is called: lower-case letters, digits and hyphens.
   *
   * @example "claude-code"
   */
  readonly name: string;

  /** What is installed in the guest. */
  readonly package: Package;

  /**
   * The nixpkgs input that the package comes from: agents age fast, so by default the newer one.
   *
   * @default "nixpkgs-unstable"
   */
  readonly packagesFrom?: "nixpkgs" | "nixpkgs-unstable" | undefined;

  /**
   * Whether the package's licence is unfree, so that it must be allowed by name.
   *
   * @default false
   */
  readonly unfree?: boolean | undefined;

  /**
   * Where its login and settings are kept between starts.
   *
   * @default none: they are gone when the guest's home is
   */
  readonly state?: AgentState | undefined;

  /**
   * What a person types in the guest to start it without permission prompts.
   *
   * @example "claude --dangerously-skip-permissions"
   */
  readonly command: string;

  /**
   * Domains that it must reach, `*.` in front for all below one; those of model providers it lets one choose are not
   * among them. Nothing is closed by it: it is there for a firewall of one's own to read.
   *
   * @default []
   * @example ["api.anthropic.com"]
   */
  readonly domains?: readonly string[] | undefined;

  /**
   * Environment variables from which it takes an API key or token, the usual one first. They are named only, never set.
   *
   * @default []
   * @example ["ANTHROPIC_API_KEY"]
   */
  readonly apiKeyVariables?: readonly string[] | undefined;
}

/**
 * The host's folder of an agent's login and settings. VMs that name the same folder share one login, which a single
 * compromised VM can then read.
 */
export interface AgentState {
  /**
   * The folder on the host, absolute or below `~/`.
   *
   * @example "~/claude-microvm"
   */
  readonly directory: string;

  /**
   * Where the guest has it, absolute or below `~/`, for an agent that looks in one place only.
   *
   * @default the path of `directory`
   * @example "~/.local/share/opencode"
   */
  readonly mountPoint?: string | undefined;

  /**
   * The tag of its share, as in `Share`.
   *
   * @example "claude-credentials"
   */
  readonly tag: string;

  /**
   * The environment variable that tells the agent where the folder is in the guest.
   *
   * @default none: the agent looks at `mountPoint` by itself
   * @example "CLAUDE_CONFIG_DIR"
   */
  readonly variable?: string | undefined;
}

export const agentSchema = object({
  /** What its emitted module is called. */
  name: scalar.hostLabel,
  package: packageSchema,
  /** The nixpkgs input that has it recent enough. */
  packagesFrom: z.enum(["nixpkgs", "nixpkgs-unstable"]).default("nixpkgs-unstable"),
  /** Whether its licence must be allowed by name. */
  unfree: z.boolean().default(false),
  /** Where its login and settings live on the host, and where the guest has them; `variable` tells the agent. */
  state: object({
    directory: scalar.hostPath,
    tag: scalar.shareTag,
    mountPoint: scalar.hostPath.optional(),
    variable: scalar.variableName.optional(),
  }).optional(),
  /** What a person types to start it without permission prompts. */
  command: scalar.line,
  /** What it must reach, besides model providers that it lets one choose. */
  domains: z.array(scalar.domain).readonly().default([]),
  /** Where it takes an API key from. */
  apiKeyVariables: z.array(scalar.variableName).readonly().default([]),
});
