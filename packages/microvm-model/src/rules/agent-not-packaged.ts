import type { Rule } from "./rule.js";
import { releaseOfInput } from "../plan/nixpkgs-release.js";
import type { AgentPlan, InputPlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * Agent missing in nixpkgs
 *
 * microvm-emit knows which NixOS releases contain the package of each [agent](../../../docs/agents.md). Nix refuses a
 * package that is missing or marked for removal, and one such VM blocks the switch of the whole host. For example,
 * nixpkgs-unstable has refused `gemini-cli` since August 2026; its successor is `antigravity-cli`.
 *
 * The check knows branches of NixOS/nixpkgs and channels, by the URL of the input. It does not check a commit, a path
 * or a fork.
 *
 * ## Fails
 *
 * ```ts vm
 * { agent: "gemini-cli" }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { agent: "antigravity-cli" }
 * ```
 */
const agentNotPackaged = problem("agent-not-packaged", "error");

export const check: Rule = (host, _, inputs) =>
  host.vms.flatMap(({ path, agent }) => {
    if (agent?.releases == null) return [];
    const { since, until, successor } = agent.releases;
    const release = releaseOfInput(inputs, agent.packagesFrom);
    if (release === null || (release >= since && (until === undefined || release <= until))) return [];
    const input = `the input ${agent.packagesFrom} follows ${nameOf(release)}`;
    const place = [...path, "agent"];
    const other = keepFrom(agent, inputs, String(until));
    const keep = successor === undefined ? other : `${other.charAt(0).toLowerCase()}${other.slice(1)}`;
    return [
      release < since
        ? agentNotPackaged(
            place,
            `${agent.name} is in nixpkgs since ${since}, but ${input}`,
            agent.packagesFrom === "nixpkgs"
              ? 'Remove `packagesFrom` to use "nixpkgs-unstable".'
              : `Set the input ${agent.packagesFrom} to a newer release, such as "github:nixos/nixpkgs/nixos-unstable".`,
          )
        : agentNotPackaged(
            place,
            `${agent.name} was in nixpkgs until ${String(until)}, but ${input}`,
            `${successor === undefined ? "" : `Use its successor: agent: "${successor}". Or `}${keep}`,
          ),
    ];
  });

const nameOf = (release: string): string => (release === "unstable" ? "nixos-unstable" : `NixOS ${release}`);

/** Remedy that keeps the agent, from a release or commit that contains its package. */
const keepFrom = ({ packagesFrom, releases }: AgentPlan, inputs: readonly InputPlan[], until: string): string => {
  const release = releaseOfInput(inputs, "nixpkgs");
  const isThere = release !== null && release >= String(releases?.since) && release <= until;
  return packagesFrom === "nixpkgs-unstable" && isThere
    ? 'Use the package of the host\'s release: packagesFrom: "nixpkgs".'
    : `Pin the input ${packagesFrom} to a commit that contains the agent.`;
};
