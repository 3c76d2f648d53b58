import type { AddressPlan } from "../plan/plan.js";
import { problem, type Report } from "../problems/problem.js";
import { formatSubnet, freeRange, isWithin, numberOf } from "../plan/subnet.js";
import type { Rule } from "./rule.js";

/**
 * Address outside the subnet
 *
 * A guest can only reach its gateway from an address of the same subnet.
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.84.5" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.83.5" }] }
 * ```
 */
const addressOutsideSubnet = problem("address-outside-subnet", "error");

/**
 * Address is the gateway's
 *
 * The host uses its address on the bridge as the guests' gateway. In a LAN, the router uses the address in `gateway`.
 * If two machines on one network have the same address, each loses packets that the other receives.
 *
 * A VM can be the router. Give the bridge a `gateway`, and give the VM that address and `network: "open"`. VMs behind it
 * also need `network: "open"`.
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.83.1" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24", gateway: "192.168.83.254" } },
 *   vms: { router: { network: "open", interfaces: [{ address: "192.168.83.254" }] }, a: { network: "open" } },
 * }
 * ```
 */
const addressIsGateway = problem("address-is-gateway", "error");

/**
 * Address is the network address
 *
 * The first address of a subnet names the subnet, so no host can use it (RFC 1122, section 3.2.1.3).
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.83.0" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.83.5" }] }
 * ```
 */
const addressIsNetwork = problem("address-is-network", "error");

/**
 * Address is the broadcast address
 *
 * The last address of an IPv4 subnet is its broadcast address, so no host can use it (RFC 1122, section 3.2.1.3).
 *
 * ## Fails
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.83.255" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { interfaces: [{ address: "192.168.83.5" }] }
 * ```
 */
const addressIsBroadcast = problem("address-is-broadcast", "error");

/**
 * Fixed address in the DHCP range
 *
 * The bridge's DHCP server leases the addresses of its range to any client. A guest that sets one of them itself
 * conflicts with another machine sooner or later. A guest that uses DHCP always gets the address of its index.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", dhcp: true } }, vms: { a: { interfaces: [{ address: "192.168.83.200" }] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", dhcp: true } }, vms: { a: { interfaces: [{ address: "192.168.83.20" }] } } }
 * ```
 */
const addressInDhcpRange = problem("address-in-dhcp-range", "error");

export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces, policy } }) =>
    interfaces.flatMap((link) => {
      const { network, dhcp } = link;
      const server = network !== null && network.kind !== "routed" ? network.dhcp : null;
      return link.addresses.flatMap((address) => {
        const { value, subnet, path } = address;
        // `subnet-full` reports addresses from the index.
        if (!["address", "ipv6"].includes(String(path.at(-1)))) return [];
        const free = freeRange(subnet, server);
        const use =
          free === undefined
            ? "Give the network a larger subnet"
            : `Use a free address from ${free.from} to ${free.to}`;
        const choose = network === null ? "" : ", or remove the address";
        const owner = network?.name ?? "the LAN";
        const wrong = mistake(address);
        // Only a VM with an open network can route for others.
        const mayBeRouter = wrong?.isRouter === true && network !== null && network.kind !== "routed";
        if (mayBeRouter && policy.network === "open") return [];
        if (wrong !== undefined)
          return [
            wrong.report(
              path,
              `${value} ${wrong.complaint} ${owner}'s subnet ${formatSubnet(subnet)}`,
              `${use}${choose}${mayBeRouter ? '; if this VM is the router, set its `network: "open"`' : ""}.`,
            ),
          ];
        return server !== null && !dhcp && subnet.family === 4 && isWithin(server, value)
          ? [
              addressInDhcpRange(
                path,
                `${value} is in the DHCP range of ${owner}, which may lease it to another machine`,
                `${use}, or narrow the range.`,
                [{ path: server.from.path, note: "the range" }],
              ),
            ]
          : [];
      });
    }),
  );

interface Mistake {
  readonly report: Report;
  readonly complaint: string;
  /** True for the router's address: the VM may be the router. */
  readonly isRouter?: true;
}

const mistake = ({ value, subnet: { network, last, own, gateway, family } }: AddressPlan): Mistake | undefined => {
  if (numberOf(value) < numberOf(network) || numberOf(value) > numberOf(last))
    return { report: addressOutsideSubnet, complaint: "is outside" };
  if (value === own?.value) return { report: addressIsGateway, complaint: "is the host's address in" };
  if (value === gateway?.value)
    return { report: addressIsGateway, complaint: "is the router's address in", isRouter: true };
  if (value === network) return { report: addressIsNetwork, complaint: "is the network address of" };
  if (value === last && family === 4) return { report: addressIsBroadcast, complaint: "is the broadcast address of" };
  return undefined;
};
