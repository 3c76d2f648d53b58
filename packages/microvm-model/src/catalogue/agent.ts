import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type ProviderName, providerNames } from "./providers.js";
import { object, type Package, packageSchema, record } from "../scalars/terms.js";

/** A coding agent: its package, the place of its login, and its command without permission prompts. */
export interface Agent {
  /**
   * The name of its emitted module: lower-case letters, digits and hyphens.
   *
   * @example "claude-code"
   */
  readonly name: string;

  /** The package for the guest. */
  readonly package: Package;

  /**
   * The nixpkgs input of the package; by default the newer one, because agents change often.
   *
   * @default "nixpkgs-unstable"
   */
  readonly packagesFrom?: "nixpkgs" | "nixpkgs-unstable" | undefined;

  /**
   * The NixOS releases whose nixpkgs has the package. An input of another release is an error.
   *
   * @default none: no check
   */
  readonly releases?: AgentReleases | undefined;

  /**
   * True if the licence of the package is unfree: the flake then allows the last step of its attribute, or the listed
   * names.
   *
   * @default false
   * @example ["kiro-cli", "kiro-cli-unwrapped"]
   */
  readonly unfree?: boolean | readonly string[] | undefined;

  /**
   * The place of its login and settings.
   *
   * @default none: they are lost with the guest's home
   */
  readonly state?: AgentState | undefined;

  /**
   * The program's name in home-manager (`programs.NAME`), whose `package` is then the agent's.
   *
   * @default none
   * @example "claude-code"
   */
  readonly homeManagerProgram?: string | undefined;

  /**
   * The command that starts it in the guest without permission prompts.
   *
   * @example "claude --dangerously-skip-permissions"
   */
  readonly command: string;

  /**
   * The path below /etc of a file with instructions that it reads in each session. By default, the guest has the page
   * about its limits at this path.
   *
   * @default none
   * @example "claude-code/CLAUDE.md"
   */
  readonly instructions?: string | undefined;

  /**
   * Domains that it needs, with `*.` in front for all subdomains, without those of selectable model providers. A VM
   * with `network: "allowlist"` can reach them.
   *
   * @default []
   * @example ["api.anthropic.com"]
   */
  readonly domains?: readonly string[] | undefined;

  /**
   * Environment variables from which it reads an API key or token, the usual one first. For information only; they are
   * never set.
   *
   * @default []
   * @example ["ANTHROPIC_API_KEY"]
   */
  readonly apiKeyVariables?: readonly string[] | undefined;

  /**
   * The environment variables for the host's gateway for API keys, by provider. The guest sets them.
   *
   * @default {}
   * @example { anthropic: { baseUrl: "ANTHROPIC_BASE_URL", key: "ANTHROPIC_AUTH_TOKEN" } }
   */
  readonly gateway?: { readonly [name in ProviderName]?: GatewayVariables | undefined } | undefined;

  /**
   * Date and sources of this description. For information only.
   *
   * @default none
   */
  readonly facts?: AgentFacts | undefined;
}

/** Environment variables for a gateway to an API. */
export interface GatewayVariables {
  /** The variable for the URL of the API. */
  readonly baseUrl: string;

  /**
   * The path that the agent expects at the end of the URL.
   *
   * @default none
   * @example "/v1"
   */
  readonly path?: string | undefined;

  /** The variable for the key, which gets a placeholder. */
  readonly key: string;
}

/** The NixOS releases whose nixpkgs has a package, such as `26.05`. */
export interface AgentReleases {
  /** The first release. */
  readonly since: string;

  /**
   * The last release, if nixpkgs-unstable removed the package.
   *
   * @default none: nixpkgs still has it
   */
  readonly until?: string | undefined;

  /**
   * The name of its successor.
   *
   * @default none
   */
  readonly successor?: string | undefined;
}

/** The sources of a description. */
export interface AgentFacts {
  /**
   * Year and month.
   *
   * @example "2026-11"
   */
  readonly date: string;

  /** The nixpkgs commit and version that show the package and its licence. */
  readonly package: string;

  /** The sources of all other facts. */
  readonly rest: string;

  /**
   * The source of `gateway`, or the reason for none.
   *
   * @default none
   */
  readonly gateway?: string | undefined;
}

/**
 * The host folder with an agent's login and settings. VMs with the same folder share one login, which a compromised VM
 * can then read.
 */
export interface AgentState {
  /**
   * The folder on the host, absolute or below `~/`.
   *
   * @example "~/claude-microvm"
   */
  readonly directory: string;

  /**
   * The place in the guest, absolute or below `~/`, for an agent with a fixed folder.
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
   * The environment variable that sets the folder of the agent in the guest.
   *
   * @default none: the agent uses `mountPoint`
   * @example "CLAUDE_CONFIG_DIR"
   */
  readonly variable?: string | undefined;

  /**
   * Symlinks in the guest, from the agent's default folders below `~/` to parts of the state folder, so that dotfiles
   * and home-manager write to the folder that the agent reads.
   *
   * @default {}
   * @example { "~/.claude": "." }
   */
  readonly links?: Readonly<Record<string, string>> | undefined;
}

const gatewaySchema = object({
  baseUrl: scalar.variableName,
  path: scalar.line.optional(),
  key: scalar.variableName,
});

export const agentSchema = object({
  name: scalar.hostLabel,
  package: packageSchema,
  packagesFrom: z.enum(["nixpkgs", "nixpkgs-unstable"]).default("nixpkgs-unstable"),
  releases: object({
    since: scalar.stateVersion,
    until: scalar.stateVersion.optional(),
    successor: scalar.hostLabel.optional(),
  }).optional(),
  unfree: z.union([z.boolean(), z.array(scalar.line).readonly()]).default(false),
  state: object({
    directory: scalar.hostPath,
    tag: scalar.shareTag,
    mountPoint: scalar.hostPath.optional(),
    variable: scalar.variableName.optional(),
    links: record(scalar.hostPath, scalar.subfolder).default({}),
  }).optional(),
  homeManagerProgram: scalar.line.optional(),
  command: scalar.line,
  instructions: scalar.fileBelow.optional(),
  domains: z.array(scalar.domain).readonly().default([]),
  apiKeyVariables: z.array(scalar.variableName).readonly().default([]),
  gateway: object(
    Object.fromEntries(providerNames.map((name) => [name, gatewaySchema.optional()])) as Record<
      ProviderName,
      z.ZodOptional<typeof gatewaySchema>
    >,
  ).default({}),
  facts: object({
    date: scalar.line,
    package: scalar.line,
    rest: scalar.line,
    gateway: scalar.line.optional(),
  }).optional(),
});
