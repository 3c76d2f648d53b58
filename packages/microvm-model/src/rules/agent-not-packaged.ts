import { releaseOfInput } from "../plan/nixpkgs-release.js";
import type { AgentPlan, HostPlan, InputPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import type { ConfigSource } from "./config-source.js";

/** Nix refuses a package that nixpkgs does not have, and with it the whole host. */
export const agentNotPackaged = (host: HostPlan, _: ConfigSource, inputs: readonly InputPlan[]): readonly Problem[] =>
  host.vms.flatMap(({ path, agent }) => {
    if (agent?.releases == null) return [];
    const { since, until, successor } = agent.releases;
    const release = releaseOfInput(inputs, agent.packagesFrom);
    if (release === null || (release >= since && (until === undefined || release <= until))) return [];
    const input = `the input ${agent.packagesFrom} follows ${nameOf(release)}`;
    const place = [...path, "agent"];
    return [
      release < since
        ? error(
            "agent-not-packaged",
            place,
            `${agent.name} is in nixpkgs since ${since}, and ${input}`,
            agent.packagesFrom === "nixpkgs"
              ? 'Leave `packagesFrom` out, so that the package comes from "nixpkgs-unstable".'
              : "Let that input follow nixos-unstable.",
          )
        : error(
            "agent-not-packaged",
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
