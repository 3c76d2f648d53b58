import { type ConfigPath, formatSubnet, type InterfacePlan, type Subnet, type VmPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, comment, indentedStr, list } from "@microvm-emit/nix-ast";
import { hostRoute } from "./network.js";
import { at, bindingAt } from "./terms.js";

/** How systemd-networkd of a guest sees one of its interfaces. */
interface Link {
  readonly origin: ConfigPath;
  /** The name of its file, without the ending. */
  readonly name: string;
  readonly asksForAddress: boolean;
  readonly dhcpClient: Section;
  readonly addresses: readonly { readonly value: string; readonly path: ConfigPath }[];
  readonly routes: readonly Section[];
}

type Section = Readonly<Record<string, string | boolean>>;

/** A link in a guest of its own: the only interface is found by what kernels call it, several by their MACs. */
export const compileLink = (plan: InterfacePlan, position: number, { interfaces }: VmPlan): Binding => {
  const { origin, name, asksForAddress, dhcpClient, addresses, routes } = linkOf(plan, position);
  return bindingAt(
    origin,
    ["systemd", "network", "networks", name],
    attrs([
      interfaces.length === 1
        ? binding(["matchConfig", "Name"], "e*")
        : bindingAt(plan.mac.path, ["matchConfig", "MACAddress"], plan.mac.value),
      ...(asksForAddress ? [binding(["networkConfig", "DHCP"], "ipv4")] : []),
      ...Object.entries(dhcpClient).map(([key, value]) => {
        const setting = binding(["dhcpV4Config", key], value);
        return key === "ClientIdentifier" ? comment(setting, { before: leasedByMac }) : setting;
      }),
      ...(addresses.length === 0
        ? []
        : [binding("addresses", list(addresses.map(({ value, path }) => at(path, attrs({ Address: value })))))]),
      ...(routes.length === 0 ? [] : [binding("routes", routes)]),
    ]),
  );
};

/** The same as a file for a guest that learns of it at boot, with the VM's DNS servers in that of the first one. */
export const compileLinkFile = (plan: InterfacePlan, position: number, { nameservers }: VmPlan): Binding => {
  const { origin, name, asksForAddress, dhcpClient, addresses, routes } = linkOf(plan, position);
  const sections: readonly (readonly [string, readonly (readonly [string, string | boolean])[]])[] = [
    // No `Type=`, which a tap made in the guest would be of too.
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
  const text = sections
    .filter(([, settings]) => settings.length > 0)
    .map(
      ([section, settings]) => `[${section}]\n${settings.map(([key, value]) => `${key}=${String(value)}\n`).join("")}`,
    )
    .join("\n");
  return bindingAt(origin, name, indentedStr(text));
};

const leasedByMac = "The host's server knows its guests by their MAC addresses.";

/** The first interface leads out. */
const linkOf = (plan: InterfacePlan, position: number): Link => {
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
  // A VM that is the router itself has its way out on another interface.
  if (subnet.gateway === null || link.addresses.some(({ value }) => value === subnet.gateway?.value)) return [];
  const gateway = { Gateway: subnet.gateway.value };
  if (!isRouted(link)) return leadsOut ? [gateway] : [];
  return [{ ...(leadsOut ? {} : { Destination: formatSubnet(subnet) }), ...gateway, GatewayOnLink: true }];
};
