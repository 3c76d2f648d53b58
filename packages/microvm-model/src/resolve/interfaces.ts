import { left, right } from "fp-ts/lib/These.js";
import type { Checked } from "../problems/checked.js";
import type { VmModel } from "../config/config.js";
import type { AddressPlan, BridgePlan, InterfacePlan, NetworkPlan, Placed, Subnet } from "../plan/plan.js";
import type { ConfigPath, Problem } from "../problems/problem.js";
import { didYouMean, oneOf } from "../common/suggest.js";
import { addressOf, lanMacOf, macOf, tapOf } from "../plan/allocate.js";
import { foreignSubnet, isGuestAddress, isWithin, addressIn } from "../plan/subnet.js";
import { addressNeeded } from "../problems/address-needed.js";
import { addressWithoutSubnet } from "../problems/address-without-subnet.js";
import { ambiguousBridge } from "../problems/ambiguous-bridge.js";
import { noBridge } from "../problems/no-bridge.js";
import { noDhcpServer } from "../problems/no-dhcp-server.js";
import { noRoutedNetwork } from "../problems/no-routed-network.js";
import { noSubnet } from "../problems/no-subnet.js";
import { routedInBridge } from "../problems/routed-in-bridge.js";
import { unknownBridge } from "../problems/unknown-bridge.js";
import { unknownVlan } from "../problems/unknown-vlan.js";

type Written = VmModel["interfaces"][number];

/** An interface whose network is known and whose identifiers may wait for the VM's index. */
export type Link = {
  readonly path: ConfigPath;
  /** Addresses in the config. */
  readonly addresses: readonly AddressPlan[];
  /** Subnets in which the index gives an address. */
  readonly allocates: readonly AllocatedSubnet[];
  readonly dhcp: boolean;
} & (
  | { readonly type: "tap"; readonly written: WrittenAs<"tap">; readonly network: NetworkPlan }
  | { readonly type: "bridge"; readonly written: WrittenAs<"bridge">; readonly network: BridgePlan }
  | { readonly type: "user"; readonly written: WrittenAs<"user">; readonly network: null }
  | { readonly type: "macvtap"; readonly written: WrittenAs<"macvtap">; readonly network: null }
);

type WrittenAs<Type extends Written["type"]> = Extract<Written, { readonly type: Type }>;

/** A subnet in which the index gives an address. */
export interface AllocatedSubnet {
  readonly subnet: Subnet;
  readonly network: string;
  readonly isFree: (address: string) => boolean;
}

/** Finds the network of each of a VM's interfaces. */
export const linkInterfaces = (
  vm: VmModel,
  path: ConfigPath,
  networks: readonly NetworkPlan[],
): Checked<readonly Link[]> => {
  const links: Link[] = [];
  const problems: Problem[] = [];
  vm.interfaces.forEach((written, position) => {
    const link = linkInterface(written, [...path, "interfaces", position], path, networks);
    if ("code" in link) {
      problems.push(link);
      return;
    }
    const missing = link.allocates.filter(({ subnet }) =>
      links.some(({ allocates }) => allocates.some((other) => other.subnet === subnet)),
    );
    if (missing.length > 0)
      problems.push(
        addressNeeded(
          link.path,
          `Another interface of the VM already uses the address of its index on ${String(link.network?.name)}`,
          `Set this interface's ${missing.map(({ subnet }) => `\`${keyOf(subnet)}\``).join(" and ")}.`,
        ),
      );
    else links.push(link);
  });
  return problems.length > 0 ? left(problems) : right(links);
};

/** The setting for an interface's address of a family. */
const keyOf = ({ family }: Subnet): "address" | "ipv6" => (family === 4 ? "address" : "ipv6");

const linkInterface = (
  written: Written,
  path: ConfigPath,
  vmPath: ConfigPath,
  networks: readonly NetworkPlan[],
): Problem | Link => {
  switch (written.type) {
    case "user":
      return { type: "user", written, path, network: null, dhcp: true, addresses: [], allocates: [] };
    case "macvtap":
      return { type: "macvtap", written, path, network: null, ...addressesInLan(written, path) };
    case "bridge": {
      const network = findBridge(written.bridge, path, vmPath, networks);
      if ("code" in network) return network;
      const addresses = addressesOf(network, written, path);
      return "code" in addresses ? addresses : { type: "bridge", written, path, network, ...addresses };
    }
    case "tap": {
      const network = findNetwork(written, path, vmPath, networks);
      if ("code" in network) return network;
      const addresses = addressesOf(network, written, path);
      return "code" in addresses ? addresses : { type: "tap", written, path, network, ...addresses };
    }
  }
};

type Addresses = Pick<Link, "addresses" | "allocates" | "dhcp">;

const addressesInLan = ({ address, gateway }: WrittenAs<"macvtap">, path: ConfigPath): Addresses => {
  if (address === "dhcp") return { addresses: [], allocates: [], dhcp: true };
  const router = gateway === undefined ? null : { value: addressIn(gateway), path: [...path, "gateway"] };
  const subnet = foreignSubnet(address, router);
  const placed = { value: addressIn(address), path: [...path, "address"], subnet };
  return { addresses: [placed], allocates: [], dhcp: false };
};

/** An interface's addresses in a network: explicit ones, leases, and those of the index. */
const addressesOf = (
  network: NetworkPlan,
  written: Pick<WrittenAs<"tap">, "address" | "ipv6">,
  path: ConfigPath,
): Problem | Addresses => {
  const asked = { address: written.address === "dhcp" ? undefined : written.address, ipv6: written.ipv6 };
  const isElsewhere = isExisting(network) && network.subnets.length === 0;
  const dhcp = written.address === "dhcp" || (isElsewhere && written.address === undefined);
  if (dhcp && !answersDhcp(network))
    return noDhcpServer(
      [...path, "address"],
      `${network.name} has no DHCP server`,
      "Set the bridge's `dhcp`, add `ports` into a LAN with a server, or remove `address`.",
    );
  const server = "dhcp" in network ? network.dhcp : null;
  const addresses: AddressPlan[] = [];
  const allocates: AllocatedSubnet[] = [];
  for (const subnet of network.subnets) {
    const key = keyOf(subnet);
    const value = asked[key];
    if (value !== undefined) addresses.push({ value: addressIn(value), path: [...path, key], subnet });
    // The DHCP server of the LAN assigns the address.
    else if (subnet.family === 6 || !dhcp || server !== null)
      allocates.push({
        subnet,
        network: network.name,
        isFree: (address) =>
          isGuestAddress(subnet, address) && (dhcp || subnet.family === 6 || !isWithin(server, address)),
      });
  }
  const homeless = (["address", "ipv6"] as const).find(
    (key) => asked[key] !== undefined && network.subnets.every((subnet) => keyOf(subnet) !== key),
  );
  if (homeless !== undefined)
    return addressWithoutSubnet(
      [...path, homeless],
      `${network.name} has no subnet for ${String(asked[homeless])}`,
      `Set the network's \`${homeless}\`, or remove the interface's.`,
    );
  return addresses.length + allocates.length === 0 && !dhcp
    ? noSubnet(
        path,
        `${network.name} has no subnet for the VM's address`,
        "Set the interface's `address: \"dhcp\"` in a LAN with a DHCP server, or set the network's `address`.",
      )
    : { addresses, allocates, dhcp };
};

/** The host's own DHCP server, or one of the LAN that the network is a part of. */
const answersDhcp = (network: NetworkPlan): boolean =>
  network.kind !== "routed" && (network.dhcp !== null || network.isLan || isExisting(network));

const isExisting = (network: NetworkPlan): boolean => network.kind === "bridge" && network.existing;

const findNetwork = (
  { bridge, vlan, routed: asked }: WrittenAs<"tap">,
  path: ConfigPath,
  vmPath: ConfigPath,
  networks: readonly NetworkPlan[],
): Problem | NetworkPlan => {
  const routed = networks.find(({ kind }) => kind === "routed");
  const isAlone = bridge === undefined && vlan === undefined;
  if (asked === true && !isAlone)
    return routedInBridge(
      [...path, "routed"],
      "A routed interface cannot be in a bridge or VLAN",
      "Remove `routed`, or remove `bridge` and `vlan`.",
    );
  if (asked ?? (isAlone && routed !== undefined && networks.length === 1))
    return (
      routed ??
      noRoutedNetwork(
        [...path, "routed"],
        "The host has no routed network",
        'Set `routed: { address: "10.9.0.1/24" }` on the host, or set `bridge` on the interface.',
      )
    );
  const found = findBridge(bridge, path, vmPath, networks);
  if (vlan === undefined || "code" in found) return found;
  const vlans = networks
    .filter((network) => network.kind === "vlan")
    .filter((network) => network.bridge === found.name);
  return (
    vlans.find(({ id }) => id === vlan) ??
    unknownVlan(
      [...path, "vlan"],
      `${found.name} has no VLAN ${String(vlan)}`,
      vlans.length === 0
        ? "Add it to the bridge's `vlans`."
        : `Use ${oneOf(
            String(vlan),
            vlans.map(({ id }) => String(id)),
          )}, or describe it in the bridge's \`vlans\`.`,
    )
  );
};

const findBridge = (
  named: string | undefined,
  path: ConfigPath,
  vmPath: ConfigPath,
  networks: readonly NetworkPlan[],
): Problem | BridgePlan => {
  const bridges = networks.filter((network) => network.kind === "bridge");
  const names = bridges.map(({ name }) => name);
  const bridge = named === undefined && bridges.length === 1 ? bridges[0] : bridges.find(({ name }) => name === named);
  if (bridge !== undefined) return bridge;
  if (names.length === 0)
    return noBridge(
      vmPath,
      "The host's `bridges` is empty",
      'Add one: `bridges: { br0: { address: "192.168.83.1/24", nat: true } }`.',
    );
  return named === undefined
    ? ambiguousBridge(
        vmPath,
        "The host has several bridges, and the VM does not name one",
        `Set the interface's \`bridge\` to ${oneOf("", names)}.`,
      )
    : unknownBridge([...path, "bridge"], `The host has no bridge ${JSON.stringify(named)}`, didYouMean(named, names));
};

/** The names of the interface that the config sets. */
export const writtenNames = ({
  written,
}: Link): { readonly tap: string | undefined; readonly mac: string | undefined } => ({
  tap: "tap" in written ? written.tap : undefined,
  mac: written.mac,
});

/** True if machines beyond the host can see an interface's MAC. */
export const isInLan = ({ type, network }: Pick<Link, "type" | "network">): boolean =>
  type === "macvtap" || (network !== null && network.kind !== "routed" && network.isLan);

/** An interface with all identifiers: those of the config, otherwise those of the index. */
export const planInterface = (link: Link, index: number, position: number, vmPath: ConfigPath): InterfacePlan => {
  const { tap, mac } = writtenNames(link);
  const place = <A>(value: A | undefined, key: string, byIndex: A): Placed<A> =>
    value === undefined ? { value: byIndex, path: vmPath } : { value, path: [...link.path, key] };
  const base = {
    path: link.path,
    id: place(tap, "tap", tapOf(index, position)),
    mac: place(mac, "mac", isInLan(link) ? lanMacOf(vmPath, position) : macOf(index, position)),
    dhcp: link.dhcp,
    addresses: [
      ...link.addresses,
      ...link.allocates.map(({ subnet }) => ({ value: addressOf(index, subnet), path: vmPath, subnet })),
    ].sort((a, b) => a.subnet.family - b.subnet.family),
  };
  switch (link.type) {
    case "tap":
      return { ...base, type: "tap", network: link.network, vhost: link.written.vhost };
    case "bridge":
      return { ...base, type: "bridge", network: link.network };
    case "user":
      return { ...base, type: "user", network: null };
    case "macvtap":
      return { ...base, type: "macvtap", network: null, link: link.written.link, mode: link.written.mode };
  }
};
