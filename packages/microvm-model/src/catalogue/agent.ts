import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { object, type Package, packageSchema, record } from "../scalars/terms.js";

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
   * The NixOS releases in which nixpkgs has the package. An input that follows another release is refused.
   *
   * @default none: nothing is checked
   */
  readonly releases?: AgentReleases | undefined;

  /**
   * Whether the package's licence is unfree, so that it must be allowed by name: the last step of its attribute, or the
   * names that are listed.
   *
   * @default false
   * @example ["kiro-cli", "kiro-cli-unwrapped"]
   */
  readonly unfree?: boolean | readonly string[] | undefined;

  /**
   * Where its login and settings are kept between starts.
   *
   * @default none: they are gone when the guest's home is
   */
  readonly state?: AgentState | undefined;

  /**
   * The program's name in home-manager (`programs.NAME`), whose `package` becomes the agent's.
   *
   * @default none
   * @example "claude-code"
   */
  readonly homeManagerProgram?: string | undefined;

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

  /**
   * When and where the facts above were read. Documentation only.
   *
   * @default none
   */
  readonly facts?: AgentFacts | undefined;
}

/** The NixOS releases in which nixpkgs has a package, such as `26.05`. */
export interface AgentReleases {
  /** The first one. */
  readonly since: string;

  /**
   * The last one; nixpkgs-unstable does not have the package any more.
   *
   * @default none: nixpkgs still has it
   */
  readonly until?: string | undefined;

  /**
   * The name of the agent that replaces it.
   *
   * @default none
   */
  readonly successor?: string | undefined;
}

/** The sources of an agent's row. */
export interface AgentFacts {
  /**
   * Year and month.
   *
   * @example "2026-11"
   */
  readonly date: string;

  /** The nixpkgs commit and version at which package and licence were read. */
  readonly package: string;

  /** The sources of everything else. */
  readonly rest: string;
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

  /**
   * Where the agent looks without the variable, below `~/`, and which part of the folder that is. The guest has symlinks
   * there, so that dotfiles and home-manager write to the folder that the agent reads.
   *
   * @default {}
   * @example { "~/.claude": "." }
   */
  readonly links?: Readonly<Record<string, string>> | undefined;
}

export const agentSchema = object({
  /** What its emitted module is called. */
  name: scalar.hostLabel,
  package: packageSchema,
  /** The nixpkgs input that has it recent enough. */
  packagesFrom: z.enum(["nixpkgs", "nixpkgs-unstable"]).default("nixpkgs-unstable"),
  /** The NixOS releases that have it. */
  releases: object({
    since: scalar.stateVersion,
    until: scalar.stateVersion.optional(),
    successor: scalar.hostLabel.optional(),
  }).optional(),
  /** Whether its licence must be allowed, by name. */
  unfree: z.union([z.boolean(), z.array(scalar.line).readonly()]).default(false),
  /** Where its login and settings live on the host, and where the guest has them; `variable` tells the agent. */
  state: object({
    directory: scalar.hostPath,
    tag: scalar.shareTag,
    mountPoint: scalar.hostPath.optional(),
    variable: scalar.variableName.optional(),
    /** Symlinks to it, from where it looks without the variable. */
    links: record(scalar.hostPath, scalar.subfolder).default({}),
  }).optional(),
  /** Its name in home-manager. */
  homeManagerProgram: scalar.line.optional(),
  /** What a person types to start it without permission prompts. */
  command: scalar.line,
  /** What it must reach, besides model providers that it lets one choose. */
  domains: z.array(scalar.domain).readonly().default([]),
  /** Where it takes an API key from. */
  apiKeyVariables: z.array(scalar.variableName).readonly().default([]),
  /** Where all this was read. */
  facts: object({ date: scalar.line, package: scalar.line, rest: scalar.line }).optional(),
});
