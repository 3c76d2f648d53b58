import type { AgentReleases } from "../catalogue/agent.js";
import type { VmModel } from "../config/config.js";
import { agentStateToCopy, expandHome } from "./folders.js";
import { type PackagePlan, planPackage } from "./references.js";
import type { UserPlan } from "./users.js";

/** The coding agent of a VM. */
export interface AgentPlan {
  /** Its name, such as `claude-code`. */
  readonly name: string;
  /** Its package. */
  readonly package: PackagePlan;
  /** The nixpkgs input of the package. */
  readonly packagesFrom: "nixpkgs" | "nixpkgs-unstable";
  /** The NixOS releases that have the package; null without a check. */
  readonly releases: AgentReleases | null;
  /** True if the licence of the package is unfree, or the names of unfree packages to allow. */
  readonly unfree: boolean | readonly string[];
  /** Its login and settings; null if a restart deletes them. */
  readonly state: AgentStatePlan | null;
  /** Its name in home-manager. */
  readonly homeManagerProgram: string | null;
  /** The command that starts it without permission prompts. */
  readonly command: string;
  /** The path below /etc of a file that it reads in each session. */
  readonly instructions: string | null;
}

/** The login and settings of an agent. */
export interface AgentStatePlan {
  /** The folder in the guest. */
  readonly directory: string;
  /** The source of a copy at each start; null if `directory` is the host's folder. */
  readonly copiedFrom: string | null;
  /** The environment variable that points the agent to `directory`; null without one. */
  readonly variable: string | null;
  /**
   * Parent folders of it and of its links, and targets of the links, outermost first. The user owns them; a mount would
   * create them for root.
   */
  readonly parents: readonly string[];
  /** Symlinks by path, each with its target. */
  readonly links: Readonly<Record<string, string>>;
}

export const planAgent = (
  { agentState }: VmModel,
  agent: Exclude<VmModel["agent"], false>,
  directory: string | null,
  owner: UserPlan,
): AgentPlan => ({
  name: agent.name,
  package: planPackage(agent.package),
  packagesFrom: agent.packagesFrom,
  releases: agent.releases ?? null,
  unfree: agent.unfree,
  state:
    agent.state === undefined || directory === null ? null : planAgentState(agentState, agent.state, directory, owner),
  homeManagerProgram: agent.homeManagerProgram ?? null,
  command: agent.command,
  instructions: agent.instructions ?? null,
});

const planAgentState = (
  agentState: VmModel["agentState"],
  state: NonNullable<Exclude<VmModel["agent"], false>["state"]>,
  directory: string,
  owner: UserPlan,
): AgentStatePlan => {
  const links = Object.fromEntries(
    Object.entries(state.links)
      .map(([from, part]) => [expandHome(from, owner), part === "." ? directory : `${directory}/${part}`] as const)
      // A config may use the agent's default folder.
      .filter(([from]) => !`${directory}/`.startsWith(`${from}/`)),
  );
  const parts = Object.values(links).filter((target) => target !== directory);
  const parents = [directory, ...Object.keys(links)].flatMap((path) => parentsOf(path, owner));
  return {
    directory,
    copiedFrom: agentState === "copy" ? agentStateToCopy : null,
    variable: state.variable ?? null,
    parents: [...new Set([...parents, ...parts])],
    links,
  };
};

/** The folders between a user's home and a folder in it. */
const parentsOf = (directory: string, { homeDirectory }: UserPlan): readonly string[] => {
  if (!directory.startsWith(`${homeDirectory}/`)) return [];
  const steps = directory
    .slice(homeDirectory.length + 1)
    .split("/")
    .slice(0, -1);
  return steps.map((_, last) => [homeDirectory, ...steps.slice(0, last + 1)].join("/"));
};
