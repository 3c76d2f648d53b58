import type { Rule } from "./rule.js";
import { releaseOfInput } from "../plan/nixpkgs-release.js";
import type { AgentPlan, InputPlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * nixpkgs does not have the agent
 *
 * The table of [agents](../../../docs/agents.md) knows the NixOS releases in which nixpkgs has each agent's package. Nix refuses a
 * package that is missing or marked for removal, and one such VM stops the switch of the whole host. nixpkgs-unstable has refused
 * `gemini-cli` since August 2026; its successor is `antigravity-cli`.
 *
 * The check knows an input by its URL: a branch of NixOS/nixpkgs or a channel. It makes no claim about a commit, a path or a fork.
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

/** Nix refuses a package that nixpkgs does not have, and with it the whole host. */
export const check: Rule = (host, _, inputs) =>
  host.vms.flatMap(({ path, agent }) => {
    if (agent?.releases == null) return [];
    const { since, until, successor } = agent.releases;
    const release = releaseOfInput(inputs, agent.packagesFrom);
    if (release === null || (release >= since && (until === undefined || release <= until))) return [];
    const input = `the input ${agent.packagesFrom} follows ${nameOf(release)}`;
    const place = [...path, "agent"];
    return [
      release < since
        ? agentNotPackaged(
            place,
            `${agent.name} is in nixpkgs since ${since}, and ${input}`,
            agent.packagesFrom === "nixpkgs"
              ? 'Leave `packagesFrom` out, so that the package comes from "nixpkgs-unstable".'
              : "Let that input follow nixos-unstable.",
          )
        : agentNotPackaged(
            place,
            `${agent.name} is in nixpkgs until ${String(until)}, and ${input}`,
            `${successor === undefined ? "" : `Use agent: "${successor}", its successor. Or: `}${keepFrom(agent, inputs, String(until))}`,
          ),
    ];
  });

const nameOf = (release: string): string => (release === "unstable" ? "nixos-unstable" : `NixOS ${release}`);

/** How to go on with the package where a release has it still. */
const keepFrom = ({ packagesFrom, releases }: AgentPlan, inputs: readonly InputPlan[], until: string): string => {
  const release = releaseOfInput(inputs, "nixpkgs");
  const isThere = release !== null && release >= String(releases?.since) && release <= until;
  return packagesFrom === "nixpkgs-unstable" && isThere
    ? 'Take it from the host\'s release with packagesFrom: "nixpkgs".'
    : `Pin the input ${packagesFrom} to a commit that has it.`;
};
