import type { AddressPlan, HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";
import type { ProblemCode } from "../problem-codes.js";
import { above, formatSubnet, isWithin, numberOf } from "../resolve/subnet.js";

/** A guest's address lies in its network's subnet and is no address with a meaning of its own there. */
export const address = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ interfaces }) =>
    interfaces.flatMap((link) => {
      const { network, dhcp } = link;
      const isOnServer = network !== null && network.kind !== "routed" && !dhcp;
      return link.addresses.flatMap((address) => {
        const { value, subnet, path } = address;
        // What the index gave is told once, as `subnet-full`.
        if (!["address", "ipv6"].includes(String(path.at(-1)))) return [];
        const owner = network?.name ?? "the LAN";
        const wrong = mistake(address, owner);
        if (wrong !== undefined)
          return [
            error(
              wrong.code,
              path,
              `${value} ${wrong.complaint} ${owner}'s subnet ${formatSubnet(subnet)}`,
              `Use an address from ${above(subnet.network, 1)} to ${above(subnet.last, -1)} that is not ${owner}'s own${network === null ? "" : ", or none so that one is chosen"}.`,
            ),
          ];
        return isOnServer && subnet.family === 4 && network.dhcp !== null && isWithin(network.dhcp, value)
          ? [
              error(
                "address-in-dhcp-range",
                path,
                `${value} is one that ${network.name}'s DHCP server may give to another machine`,
                "Use an address outside of the range, or narrow the range.",
                [{ path: network.dhcp.from.path, note: "the range" }],
              ),
            ]
          : [];
      });
    }),
  );

const mistake = (
  { value, subnet: { network, last, own, gateway, family } }: AddressPlan,
  owner: string,
): { code: ProblemCode; complaint: string } | undefined => {
  if (numberOf(value) < numberOf(network) || numberOf(value) > numberOf(last))
    return { code: "address-outside-subnet", complaint: "lies outside" };
  if (value === own?.value) return { code: "address-is-gateway", complaint: `is ${owner}'s own address in` };
  if (value === gateway?.value) return { code: "address-is-gateway", complaint: "is the router's address in" };
  if (value === network) return { code: "address-is-network", complaint: "is the network address of" };
  if (value === last && family === 4) return { code: "address-is-broadcast", complaint: "is the broadcast address of" };
  return undefined;
};
