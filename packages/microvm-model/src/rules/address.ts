import type { AddressPlan, HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import type { ProblemCode } from "../problems/problem-codes.js";
import { formatSubnet, freeRange, isWithin, numberOf } from "../resolve/subnet.js";

/** A guest's address lies in its network's subnet and is no address with a meaning of its own there. */
export const address = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ network: { interfaces, policy } }) =>
    interfaces.flatMap((link) => {
      const { network, dhcp } = link;
      const server = network !== null && network.kind !== "routed" ? network.dhcp : null;
      return link.addresses.flatMap((address) => {
        const { value, subnet, path } = address;
        // What the index gave is told once, as `subnet-full`.
        if (!["address", "ipv6"].includes(String(path.at(-1)))) return [];
        const free = freeRange(subnet, server);
        const use =
          free === undefined
            ? "Give the network a larger subnet"
            : `Use a free address from ${free.from} to ${free.to}`;
        const choose = network === null ? "" : ", or none so that one is chosen";
        const owner = network?.name ?? "the LAN";
        const wrong = mistake(address, owner);
        // Only a VM with an open network can pass on what others send through it.
        const mayBeRouter = wrong?.isRouter === true && network !== null && network.kind !== "routed";
        if (mayBeRouter && policy.network === "open") return [];
        if (wrong !== undefined)
          return [
            error(
              wrong.code,
              path,
              `${value} ${wrong.complaint} ${owner}'s subnet ${formatSubnet(subnet)}`,
              `${use}${choose}${mayBeRouter ? '; if this VM is the router, set its `network: "open"`' : ""}.`,
            ),
          ];
        return server !== null && !dhcp && subnet.family === 4 && isWithin(server, value)
          ? [
              error(
                "address-in-dhcp-range",
                path,
                `${value} is one that ${owner}'s DHCP server may give to another machine`,
                `${use}, or narrow the range.`,
                [{ path: server.from.path, note: "the range" }],
              ),
            ]
          : [];
      });
    }),
  );

interface Mistake {
  readonly code: ProblemCode;
  readonly complaint: string;
  /** Whether the address is the router's, which the VM may be. */
  readonly isRouter?: true;
}

const mistake = (
  { value, subnet: { network, last, own, gateway, family } }: AddressPlan,
  owner: string,
): Mistake | undefined => {
  if (numberOf(value) < numberOf(network) || numberOf(value) > numberOf(last))
    return { code: "address-outside-subnet", complaint: "lies outside" };
  if (value === own?.value) return { code: "address-is-gateway", complaint: `is ${owner}'s own address in` };
  if (value === gateway?.value)
    return { code: "address-is-gateway", complaint: "is the router's address in", isRouter: true };
  if (value === network) return { code: "address-is-network", complaint: "is the network address of" };
  if (value === last && family === 4) return { code: "address-is-broadcast", complaint: "is the broadcast address of" };
  return undefined;
};
