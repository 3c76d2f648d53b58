import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";
import { formatAddress } from "../resolve/subnet.js";

/** Bridges of one host have subnets apart, and one way out, since `networking.nat` knows one external interface. */
export const bridge = (host: HostPlan): readonly Problem[] => {
  const problems: Problem[] = [];
  const bySubnet = [...host.bridges].sort((a, b) => a.subnet.network - b.subnet.network);
  let widest = bySubnet[0];
  for (const next of bySubnet.slice(1)) {
    if (widest !== undefined && next.subnet.network <= widest.subnet.broadcast)
      problems.push(
        error(
          "overlapping-subnets",
          [...next.path, "address"],
          `The subnets of ${widest.name} and ${next.name} overlap at ${formatAddress(next.subnet.network)}`,
          "Give one of the bridges another subnet.",
          [{ path: [...widest.path, "address"], note: "the other subnet" }],
        ),
      );
    if (widest === undefined || next.subnet.broadcast > widest.subnet.broadcast) widest = next;
  }
  const [first, ...others] = host.bridges.filter(({ externalInterface }) => externalInterface !== null);
  for (const other of others)
    if (first !== undefined && other.externalInterface !== first.externalInterface)
      problems.push(
        error(
          "several-external-interfaces",
          [...other.path, "nat", "externalInterface"],
          `${other.name} and ${first.name} leave by different interfaces, and NixOS has one for NAT`,
          `Use ${String(first.externalInterface)} for both, or do the NAT of one bridge in a module of yours.`,
          [{ path: [...first.path, "nat", "externalInterface"], note: "the other one" }],
        ),
      );
  return problems;
};
