import type { BridgePlan, HostPlan, NatPlan, NetworkPlan, RoutedPlan, VlanPlan } from "@microvm-emit/model";
import { distance } from "@microvm-emit/model/internal";
import { attrs, type Binding, blankLine, type Expr, list, str } from "@microvm-emit/nix-ast";
import { at, bindingAt, setAt, setsAt } from "../terms.js";

/** The network options of a host. */
export const compileNetworks = ({ networks }: HostPlan): readonly Binding[] => {
  const bridges = networks.filter((network) => network.kind === "bridge");
  const vlans = networks.filter((network) => network.kind === "vlan");
  const routed = networks.find((network) => network.kind === "routed");
  return [
    ...set("bridges", bridges, compileBridge),
    ...set("vlans", vlans, compileVlan),
    ...(routed === undefined ? [] : [setAt(routed.path, "routed", compileRouted(routed))]),
  ].map(blankLine);
};

const set = <N extends NetworkPlan>(
  option: string,
  networks: readonly N[],
  compile: (network: N) => readonly Binding[],
): readonly Binding[] =>
  setsAt(
    networks[0]?.path.slice(0, -1) ?? [],
    option,
    networks.map((network) => bindingAt(network.path, network.name, attrs(compile(network)))),
  );

const compileBridge = (bridge: BridgePlan): readonly Binding[] => [
  ...(bridge.existing ? [bindingAt([...bridge.path, "existing"], "existing", true)] : []),
  ...(bridge.existing && bridge.isLan ? [bindingAt(bridge.path, "isLan", true)] : []),
  ...(bridge.ports.length === 0 ? [] : [bindingAt([...bridge.path, "ports"], "ports", bridge.ports)]),
  ...compileSwitched(bridge),
];

const compileVlan = (vlan: VlanPlan): readonly Binding[] => [
  bindingAt(vlan.path, "bridge", vlan.bridge),
  bindingAt(vlan.path, "id", vlan.id),
  ...compileSwitched(vlan),
];

const compileRouted = (network: RoutedPlan): readonly Binding[] => [...addresses(network), ...compileNat(network)];

const compileSwitched = (network: BridgePlan | VlanPlan): readonly Binding[] => {
  const router = network.subnets.find(({ own, gateway }) => gateway !== null && gateway !== own)?.gateway;
  return [
    ...addresses(network),
    ...(network.hostByDhcp ? [bindingAt([...network.path, "address"], "dhcp", true)] : []),
    ...(router == null ? [] : [bindingAt(router.path, "gateway", router.value)]),
    ...compileNat(network),
    ...compileDhcpServer(network),
  ];
};

const addresses = ({ path: origin, subnets }: NetworkPlan): readonly Binding[] => {
  const own = subnets.flatMap(({ own: address, prefixLength }): readonly Expr[] =>
    address === null ? [] : [at(address.path, str(`${address.value}/${String(prefixLength)}`))],
  );
  return own.length === 0 ? [] : [bindingAt(origin, "addresses", list(own))];
};

const compileNat = ({ path: origin, nat }: { readonly path: NetworkPlan["path"]; readonly nat: NatPlan | null }) =>
  nat === null
    ? []
    : [
        setAt([...origin, "nat"], "nat", [
          bindingAt([...origin, "nat"], "enable", true),
          ...(nat.externalInterface === null
            ? []
            : [bindingAt(nat.externalInterface.path, "externalInterface", nat.externalInterface.value)]),
          ...(nat.ipv6.value ? [bindingAt(nat.ipv6.path, "ipv6", true)] : []),
        ]),
      ];

/** Settings of systemd.network(5), section `[DHCPServer]`. */
const compileDhcpServer = ({ dhcp, path: origin, subnets }: BridgePlan | VlanPlan): readonly Binding[] => {
  const subnet = subnets.find(({ family }) => family === 4);
  if (dhcp === null || subnet === undefined) return [];
  const router = subnet.gateway === subnet.own ? null : subnet.gateway;
  return [
    bindingAt(
      [...origin, "dhcp"],
      "dhcpServer",
      attrs({
        PoolOffset: distance(subnet.network, dhcp.from.value),
        PoolSize: distance(dhcp.from.value, dhcp.to.value) + 1,
        ...(router === null ? {} : { Router: router.value }),
      }),
    ),
  ];
};
