import type { InterfacePlan, Subnet } from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";
import { formatSubnet } from "../plan/subnet.js";

/** The settings of systemd-networkd in a guest for one of its interfaces. */
export interface GuestLink {
  readonly origin: ConfigPath;
  /** The name of its file, without the ending. */
  readonly name: string;
  readonly asksForAddress: boolean;
  readonly dhcpClient: Section;
  readonly addresses: readonly { readonly value: string; readonly path: ConfigPath }[];
  readonly routes: readonly Section[];
}

export type Section = Readonly<Record<string, string | boolean>>;

/** The file of a link for a guest that gets it at boot. The file of the first link contains the VM's DNS servers. */
export const linkFileText = (plan: InterfacePlan, position: number, nameservers: readonly string[]): string => {
  const { asksForAddress, dhcpClient, addresses, routes } = linkOf(plan, position);
  const sections: readonly (readonly [string, readonly (readonly [string, string | boolean])[]])[] = [
    // Without `Type=`, which would also match taps of the guest itself.
    ["Match", [["PermanentMACAddress", plan.mac.value]]],
    [
      "Network",
      [
        ...(asksForAddress ? ([["DHCP", "ipv4"]] as const) : []),
        ...addresses.map(({ value }) => ["Address", value] as const),
        ...(position === 0 ? nameservers : []).map((server) => ["DNS", server] as const),
      ],
    ],
    ["DHCPv4", Object.entries(dhcpClient)],
    ...routes.map((route) => ["Route", Object.entries(route)] as const),
  ];
  return sections
    .filter(([, settings]) => settings.length > 0)
    .map(
      ([section, settings]) => `[${section}]\n${settings.map(([key, value]) => `${key}=${String(value)}\n`).join("")}`,
    )
    .join("\n");
};

/** The default route uses the first interface. */
export const linkOf = (plan: InterfacePlan, position: number): GuestLink => {
  const isFirst = position === 0;
  const fixed = plan.addresses.filter(({ subnet }) => !(plan.dhcp && subnet.family === 4));
  const isLeased = plan.dhcp && plan.addresses.some(({ subnet }) => subnet.family === 4);
  return {
    origin: fixed[0]?.path ?? plan.path,
    name: isFirst ? "10-e" : `10-e${String(position)}`,
    asksForAddress: plan.dhcp,
    dhcpClient: {
      ...(isLeased && { ClientIdentifier: "mac" }),
      ...(plan.dhcp && !isFirst && { UseGateway: false }),
    },
    addresses: fixed.map(({ value, subnet, path }) => ({ value: `${value}/${String(prefixIn(plan, subnet))}`, path })),
    routes: fixed.flatMap(({ subnet }) => routesBy(subnet, plan, isFirst)),
  };
};

/** In a routed network, a guest is alone on its link: everyone else is behind the host. */
const isRouted = ({ network }: InterfacePlan): boolean => network?.kind === "routed";

const prefixIn = (link: InterfacePlan, subnet: Subnet): number =>
  isRouted(link) ? hostRoute(subnet) : subnet.prefixLength;

const routesBy = (subnet: Subnet, link: InterfacePlan, leadsOut: boolean): readonly Section[] => {
  // A VM that is the router has its default route on another interface.
  if (subnet.gateway === null || link.addresses.some(({ value }) => value === subnet.gateway?.value)) return [];
  const gateway = { Gateway: subnet.gateway.value };
  if (!isRouted(link)) return leadsOut ? [gateway] : [];
  return [{ ...(leadsOut ? {} : { Destination: formatSubnet(subnet) }), ...gateway, GatewayOnLink: true }];
};

/** The prefix length of a single address. */
const hostRoute = ({ family }: Subnet): number => (family === 4 ? 32 : 128);
