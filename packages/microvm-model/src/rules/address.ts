import type { HostPlan, InterfacePlan } from "../plan.js";
import { error, type Problem } from "../problem.js";
import type { ProblemCode } from "../problem-codes.js";
import { formatAddress } from "../resolve/subnet.js";

/** A guest's address lies in its bridge's subnet and is no address with a meaning of its own there. */
export const address = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ interfaces }) =>
    interfaces.flatMap((link) => {
      const wrong = mistake(link);
      // What the index gave is told once, as `subnet-full`.
      if (wrong === undefined || link.address.path.at(-1) !== "address") return [];
      const { network, broadcast, prefixLength } = link.subnet;
      return [
        error(
          wrong.code,
          link.address.path,
          `${formatAddress(link.address.value)} ${wrong.complaint} ${link.bridge}'s subnet ${formatAddress(network)}/${String(prefixLength)}`,
          `Use an address from ${formatAddress(network + 1)} to ${formatAddress(broadcast - 1)} that is not ${link.bridge}'s own, or none so that one is chosen.`,
        ),
      ];
    }),
  );

const mistake = ({
  address: { value },
  subnet,
}: InterfacePlan): { code: ProblemCode; complaint: string } | undefined => {
  if (value < subnet.network || value > subnet.broadcast)
    return { code: "address-outside-subnet", complaint: "lies outside" };
  if (value === subnet.gateway) return { code: "address-is-gateway", complaint: "is the bridge's own address in" };
  if (value === subnet.network) return { code: "address-is-network", complaint: "is the network address of" };
  if (value === subnet.broadcast) return { code: "address-is-broadcast", complaint: "is the broadcast address of" };
  return undefined;
};
