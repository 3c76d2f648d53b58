import type { HostModel } from "../config/config.js";
import type { AddressRange, NatPlan, NetworkPlan, Subnet } from "../plan/plan.js";
import type { ConfigPath, Problem } from "../problems/problem.js";
import { addressIn, subnetOf, upperHalf } from "../plan/subnet.js";
import { dhcpWithoutSubnet } from "../problems/dhcp-without-subnet.js";
import { existingBridge } from "../problems/existing-bridge.js";
import { gatewayWithoutSubnet } from "../problems/gateway-without-subnet.js";
import { networkWithoutSubnet } from "../problems/network-without-subnet.js";
import { noDhcpServer } from "../problems/no-dhcp-server.js";

type Bridge = HostModel["bridges"][string];
type Vlan = Bridge["vlans"][string];
type Routed = NonNullable<HostModel["routed"]>;

/** All networks of a host: bridges, each followed by its VLANs, then the routed network; and their problems. */
export const planNetworks = (
  host: HostModel,
  path: ConfigPath,
): { readonly value: readonly NetworkPlan[]; readonly problems: readonly Problem[] } => {
  const value: NetworkPlan[] = [];
  const problems: Problem[] = [];
  for (const [name, bridge] of Object.entries(host.bridges)) {
    const place = [...path, "bridges", name];
    const { ports, existing } = bridge;
    // Machines on an existing bridge are behind the host only if the host is their gateway.
    const isLan =
      ports.length > 0 || (existing && (bridge.gateway !== undefined || (bridge.address ?? bridge.ipv6) === undefined));
    value.push({ kind: "bridge", name, ports, existing, isLan, ...planSwitched(bridge, place) });
    const hasOthers = isLan || Object.keys(bridge.vlans).length > 0;
    problems.push(...lacks(name, bridge, place, hasOthers), ...(existing ? setElsewhere(name, bridge, place) : []));
    for (const [id, vlan] of Object.entries(bridge.vlans)) {
      const vlanName = `${name}.${id}`;
      const at = [...place, "vlans", id];
      value.push({
        kind: "vlan",
        name: vlanName,
        bridge: name,
        id: Number(id),
        ports,
        isLan: ports.length > 0,
        ...planSwitched(vlan, at),
      });
      problems.push(...lacks(vlanName, vlan, at, ports.length > 0));
    }
  }
  if (host.routed !== undefined) {
    const place = [...path, "routed"];
    value.push({ kind: "routed", name: "the routed network", ...planNetwork(host.routed, place) });
    problems.push(...lacks("the routed network", { ...host.routed, dhcp: false }, place, false));
  }
  return { value, problems };
};

/** Reports settings that belong in the program that creates an existing bridge. */
const setElsewhere = (name: string, { ports, dhcp, vlans, address }: Bridge, path: ConfigPath): readonly Problem[] =>
  Object.entries({
    ports: ports.length > 0,
    dhcp: dhcp !== false,
    vlans: Object.keys(vlans).length > 0,
    address: address === "dhcp",
  })
    .filter(([, isSet]) => isSet)
    .map(([key]) =>
      existingBridge(
        [...path, key],
        `${name} has \`existing: true\`, so this flake cannot set its ${key}`,
        `Set it in the program that creates ${name} and remove \`${key}\`, or remove \`existing\`.`,
      ),
    );

const withoutSubnet = { dhcp: dhcpWithoutSubnet, gateway: gatewayWithoutSubnet };

/** Reports settings of a network that need a subnet or a LAN if there is none. */
const lacks = (
  name: string,
  { address, ipv6, gateway, dhcp }: Pick<Vlan, "address" | "ipv6" | "gateway" | "dhcp">,
  path: ConfigPath,
  isCarried: boolean,
): readonly Problem[] => {
  const hasIpv4 = address !== undefined && address !== "dhcp";
  return [
    ...(address === undefined && ipv6 === undefined && !isCarried
      ? [
          networkWithoutSubnet(
            path,
            `${name} has no subnet and no other connection`,
            path.at(-1) === "routed"
              ? "Set `address` or `ipv6`."
              : "Set `address` or `ipv6`, or add `ports` to the bridge.",
          ),
        ]
      : []),
    ...(hasIpv4
      ? []
      : (["dhcp", "gateway"] as const)
          .filter((key) => ({ dhcp: dhcp !== false, gateway: gateway !== undefined })[key])
          .map((key) =>
            withoutSubnet[key](
              [...path, key],
              `${name} has no IPv4 subnet for its \`${key}\``,
              `Set \`address\` to the host's own address with its prefix length, or remove \`${key}\`.`,
            ),
          )),
    ...(address === "dhcp" && !isCarried
      ? [
          noDhcpServer(
            [...path, "address"],
            `${name} has no DHCP server`,
            "Add `ports` into a LAN with a server, or set an address.",
          ),
        ]
      : []),
  ];
};

const planNetwork = ({ address, ipv6, nat, network }: Routed, path: ConfigPath) => ({
  path,
  network: network ?? null,
  subnets: [
    ...(address === undefined ? [] : [subnetOf(address, [...path, "address"])]),
    ...(ipv6 === undefined ? [] : [subnetOf(ipv6, [...path, "ipv6"])]),
  ],
  nat: nat === undefined || nat === false ? null : planNat(nat, [...path, "nat"]),
});

const planSwitched = ({ address, gateway, dhcp, ...rest }: Vlan, path: ConfigPath) => {
  const hostByDhcp = address === "dhcp";
  const { subnets, ...network } = planNetwork({ ...rest, address: hostByDhcp ? undefined : address }, path);
  const router = gateway === undefined ? null : { value: addressIn(gateway), path: [...path, "gateway"] };
  return {
    ...network,
    // Without the host as router, another router sends the IPv6 router advertisements.
    subnets:
      router === null
        ? subnets
        : subnets.map((subnet) => ({ ...subnet, gateway: subnet.family === 4 ? router : null })),
    hostByDhcp,
    dhcp: planDhcp(dhcp, subnets, [...path, "dhcp"]),
  };
};

const planNat = (nat: Exclude<Routed["nat"], undefined | false>, path: ConfigPath): NatPlan => {
  const { externalInterface, ipv6 } = nat === true ? { externalInterface: undefined, ipv6: false } : nat;
  return {
    externalInterface:
      externalInterface === undefined ? null : { value: externalInterface, path: [...path, "externalInterface"] },
    ipv6: { value: ipv6, path: [...path, "ipv6"] },
  };
};

/** None without a subnet for its addresses; a rule reports this. */
const planDhcp = (dhcp: Vlan["dhcp"], subnets: readonly Subnet[], path: ConfigPath): AddressRange | null => {
  const subnet = subnets.find(({ family }) => family === 4);
  if (dhcp === false || subnet === undefined) return null;
  const { from, to } = dhcp === true ? {} : dhcp;
  const half = upperHalf(subnet);
  return {
    from: from === undefined ? { value: half.from, path } : { value: addressIn(from), path: [...path, "from"] },
    to: to === undefined ? { value: half.to, path } : { value: addressIn(to), path: [...path, "to"] },
  };
};
