import type { HostPlan, Subnet } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { numberOf } from "../plan/subnet.js";
import type { Rule } from "./rule.js";

/**
 * Overlapping subnets
 *
 * The host has one route for each address. If subnets of two networks overlap, guests of one of them are unreachable.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { address: "10.0.0.1/16" }, br1: { address: "10.0.1.1/24" } }, vms: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24" } }, vms: {} }
 * ```
 */
const overlappingSubnets = problem("overlapping-subnets", "error");

export const check: Rule = (host) => ([4, 6] as const).flatMap((family) => overlaps(host, family));

const overlaps = (host: HostPlan, family: Subnet["family"]): readonly Problem[] => {
  const problems: Problem[] = [];
  const bySubnet = host.networks
    .flatMap(({ name, subnets }) =>
      subnets.flatMap(({ own, ...rest }) => (own === null || rest.family !== family ? [] : [{ name, own, ...rest }])),
    )
    .sort((a, b) => Number(numberOf(a.network) - numberOf(b.network)));
  let widest = bySubnet[0];
  for (const next of bySubnet.slice(1)) {
    if (widest !== undefined && numberOf(next.network) <= numberOf(widest.last))
      problems.push(
        overlappingSubnets(
          next.own.path,
          `The subnets of ${widest.name} and ${next.name} overlap at ${next.network}`,
          "Give one of the networks another subnet.",
          [{ path: widest.own.path, note: "the other subnet" }],
        ),
      );
    if (widest === undefined || numberOf(next.last) > numberOf(widest.last)) widest = next;
  }
  return problems;
};
