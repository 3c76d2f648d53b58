import {
  type BridgePlan,
  type ConfigPath,
  distance,
  formatSubnet,
  hostRoute,
  type HostPlan,
  type InterfacePlan,
  type NetworkPlan,
  publishedPlace,
  type Subnet,
  type TapPlan,
  tapPrefix,
  type VlanPlan,
  type VmPlan,
} from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
  type Expr,
  ident,
  list,
  type NixInput,
  path as pathNode,
  str,
  toNix,
} from "@microvm-emit/nix-ast";
import { existingBridgesModule } from "./existing-bridges.js";
import { networkdModule, networkFile } from "./networkd.js";
import type { SharedModules } from "./shared-modules.js";
import { at, bindingAt } from "./terms.js";

type SwitchedPlan = BridgePlan | VlanPlan;

/** The module that limits systemd-networkd to the VMs' networks. */
export const compileNetworkd = (host: HostPlan, shared: SharedModules): readonly Expr[] =>
  host.networks.every(isExisting)
    ? []
    : [
        call(
          ident("import"),
          pathNode(`../modules/${shared.use("networkd", null, networkdModule)}`),
          attrs([
            binding("links", linksOf(host)),
            ...(host.networks.some((network) => "ports" in network && network.ports.length > 0)
              ? [binding("hasPorts", true)]
              : []),
          ]),
        ),
      ];

/** The module that joins taps to bridges of other programs. */
export const compileExistingBridges = (host: HostPlan, shared: SharedModules): readonly Expr[] => {
  const joined = host.networks.filter((network) => isExisting(network) && tapsOf(network, host).length > 0);
  return joined.length === 0
    ? []
    : [
        call(
          ident("import"),
          pathNode(`../modules/${shared.use("existing-bridges", null, existingBridgesModule)}`),
          attrs(
            joined.map((network) =>
              bindingAt(
                network.path,
                network.name,
                attrs({ taps: tapsOf(network, host), isolated: !isOpenIn(network, host) }),
              ),
            ),
          ),
        ),
      ];
};

const isExisting = (network: NetworkPlan): boolean => network.kind === "bridge" && network.existing;

/** The host's networks, the taps that join them, and the way out. */
export const compileNetwork = (host: HostPlan): readonly Binding[] => {
  const { networks } = host;
  const own = [
    ...linksOf(host),
    ...interfacesOf(host).flatMap(({ type, id }) => (type === "macvtap" ? [id.value] : [])),
  ];
  if (own.length === 0) return [];
  return [
    ...(networks.length === 0
      ? []
      : [blankLine(binding(["systemd", "network"], attrs(networks.flatMap((network) => compileOne(network, host)))))]),
    blankLine(
      comment(binding(["networking", "dhcpcd", "denyInterfaces"], own), {
        before: "Keep dhcpcd and NetworkManager off the VMs' interfaces.",
      }),
    ),
    binding(
      ["networking", "networkmanager", "unmanaged"],
      own.map((link) => `interface-name:${link}`),
    ),
    ...compileNat(host),
    ...compileFirewall(networks),
  ];
};

/** The host's interfaces that belong to its networks; taps by one glob where it matches these alone. */
const linksOf = (host: HostPlan): readonly string[] =>
  host.networks.flatMap((network) => [
    ...(network.kind === "routed" || isExisting(network) ? [] : [network.name]),
    ...(network.kind === "bridge" ? network.ports : []),
    ...(isGlobExact(host) ? [`${tapPrefix}*`] : tapsOf(network, host)),
  ]);

const compileNat = ({ networks, vms }: HostPlan): readonly Binding[] => {
  const outward = networks.flatMap(({ nat, ...network }) =>
    nat === null || nat.externalInterface === null
      ? []
      : [{ ...network, nat: { ...nat, externalInterface: nat.externalInterface } }],
  );
  const [first] = outward;
  if (first === undefined) return [];
  const masqueradesIpv6 = outward.find(({ nat }) => nat.ipv6.value);
  const interfaces = outward.filter(({ kind }) => kind !== "routed").map(({ name }) => name);
  // A routed network has no interface of one name, so that its addresses tell what is masqueraded.
  const routed = (family: Subnet["family"]): readonly string[] =>
    outward
      .filter(({ kind, nat }) => kind === "routed" && (family === 4 || nat.ipv6.value))
      .flatMap(({ subnets }) => subnets.filter((subnet) => subnet.family === family).map(formatSubnet));
  return [
    blankLine(
      binding(
        ["networking", "nat"],
        attrs([
          binding("enable", true),
          ...(masqueradesIpv6 === undefined ? [] : [bindingAt(masqueradesIpv6.nat.ipv6.path, "enableIPv6", true)]),
          ...(interfaces.length === 0 ? [] : [binding("internalInterfaces", interfaces)]),
          ...(routed(4).length === 0 ? [] : [binding("internalIPs", routed(4))]),
          ...(routed(6).length === 0 ? [] : [binding("internalIPv6s", routed(6))]),
          ...compilePublished(vms),
          binding("externalInterface", at(first.nat.externalInterface.path, str(first.nat.externalInterface.value))),
        ]),
      ),
    ),
  ];
};

const compilePublished = (vms: readonly VmPlan[]): readonly Binding[] => {
  const forwards = vms.flatMap((vm) =>
    vm.policy.published.map(({ path, proto, host, guest }) =>
      at(
        path,
        toNix({ proto, sourcePort: host, destination: `${publishedPlace(vm)?.address ?? ""}:${String(guest)}` }),
      ),
    ),
  );
  return forwards.length === 0 ? [] : [binding("forwardPorts", list(forwards))];
};

const DHCP_SERVER_PORT = 67;

const compileFirewall = (networks: readonly NetworkPlan[]): readonly Binding[] => {
  const served = networks.filter((network) => network.kind !== "routed").filter(({ dhcp }) => dhcp !== null);
  return served.map(({ name, path }, position) => {
    const open = bindingAt(
      [...path, "dhcp"],
      ["networking", "firewall", "interfaces", name, "allowedUDPPorts"],
      [DHCP_SERVER_PORT],
    );
    return position === 0 ? blankLine(open) : open;
  });
};

const compileOne = (network: NetworkPlan, host: HostPlan): readonly Binding[] => {
  switch (network.kind) {
    case "routed":
      return guestsOf(network, host).map(compileRoutedTap);
    case "vlan":
      return [
        blankLine(
          bindingAt(
            network.path,
            ["netdevs", networkFile(`20-${network.name}`)],
            attrs([
              binding("netdevConfig", attrs({ Kind: "vlan", Name: network.name })),
              binding(["vlanConfig", "Id"], network.id),
            ]),
          ),
        ),
        compileHostSide(network, [], host),
        ...compileTaps(network, network.bridge, [untagged(network.id)], host),
      ];
    case "bridge": {
      const vlans = host.networks
        .filter((other) => other.kind === "vlan")
        .filter(({ bridge }) => bridge === network.name);
      if (network.existing) return compileForeignTaps(network, host);
      return [
        blankLine(compileBridge(network, vlans)),
        compileHostSide(network, vlans, host),
        ...compileTaps(network, network.name, vlans.length === 0 ? [] : [untagged(OWN_VLAN)], host),
        ...compilePorts(network, vlans),
      ];
    }
  }
};

/** The VLAN of a bridge's own network. */
const OWN_VLAN = 1;

const untagged = (vlan: number): Readonly<Record<string, number>> => ({ PVID: vlan, EgressUntagged: vlan });
const trunk = (vlans: readonly VlanPlan[]): readonly Readonly<Record<string, number>>[] =>
  vlans.length === 0 ? [] : [untagged(OWN_VLAN), ...vlans.map(({ id }) => ({ VLAN: id }))];

const compileBridge = ({ path, name, ports }: BridgePlan, vlans: readonly VlanPlan[]): Binding =>
  bindingAt(
    path,
    ["netdevs", networkFile(`20-${name}`)],
    attrs([
      binding("netdevConfig", attrs({ Kind: "bridge", Name: name })),
      ...(ports.length > 0
        ? []
        : [
            comment(binding(["bridgeConfig", "MulticastSnooping"], false), {
              before: "A VM could name itself the querier, and IPv6 would no longer find the others.",
            }),
          ]),
      ...(vlans.length === 0
        ? []
        : [
            comment(bindingAt([...path, "vlans"], ["bridgeConfig", "VLANFiltering"], true), {
              before: "No port is in a VLAN that its own network does not name.",
            }),
            binding(["bridgeConfig", "DefaultPVID"], "none"),
          ]),
    ]),
  );

/** What comes and goes with VMs keeps nobody waiting for the network. */
const notRequired = binding(["linkConfig", "RequiredForOnline"], "no");

/** The host's own interface in a network. */
const compileHostSide = (network: SwitchedPlan, vlans: readonly VlanPlan[], host: HostPlan): Binding => {
  const { path, name, subnets, hostByDhcp, dhcp, ports } = network;
  const router = subnets.find(({ own, gateway }) => gateway !== null && gateway !== own)?.gateway;
  const settings: Setting[] = [
    ...(ports.length === 0
      ? [
          {
            key: "ConfigureWithoutCarrier",
            value: true,
            origin: path,
            note: `The ${network.kind === "vlan" ? "VLAN" : "bridge"} has its address before the first VM runs.`,
          },
        ]
      : []),
    ...(hostByDhcp ? [{ key: "DHCP", value: "ipv4", origin: [...path, "address"] }] : []),
    ...(dhcp === null ? [] : [{ key: "DHCPServer", value: true, origin: [...path, "dhcp"] }]),
    ...(vlans.length === 0 ? [] : [{ key: "VLAN", value: vlans.map((vlan) => vlan.name), origin: [...path, "vlans"] }]),
  ];
  return bindingAt(
    path,
    ["networks", networkFile(`20-${name}`)],
    attrs([
      binding(["matchConfig", "Name"], name),
      ...(subnets.length === 0 ? [] : [binding("addresses", list(subnets.flatMap(addressOfHost)))]),
      ...(router == null ? [] : [bindingAt(router.path, "routes", [{ Gateway: router.value }])]),
      ...section("networkConfig", settings),
      ...(dhcp === null ? [] : compileDhcpServer(network, host)),
      ...(vlans.length === 0 ? [] : [binding("bridgeVLANs", list(trunk(vlans).map((vlan) => toNix(vlan))))]),
      ...(ports.length === 0 ? [notRequired] : []),
    ]),
  );
};

interface Setting {
  readonly key: string;
  readonly value: NixInput;
  readonly origin: ConfigPath;
  readonly note?: string;
}

/** One setting on the line of its section, several in a set. */
const section = (name: string, settings: readonly Setting[]): readonly Binding[] => {
  const one = (path: Parameters<typeof binding>[0], { value, origin, note }: Setting): Binding => {
    const node = bindingAt(origin, path, value);
    return note === undefined ? node : comment(node, { before: note });
  };
  const [only, ...others] = settings;
  if (only === undefined) return [];
  return [
    others.length === 0
      ? one([name, only.key], only)
      : binding(name, attrs(settings.map((setting) => one(setting.key, setting)))),
  ];
};

const addressOfHost = ({ own, prefixLength }: Subnet): readonly Expr[] =>
  own === null ? [] : [attrs({ Address: at(own.path, str(`${own.value}/${String(prefixLength)}`)) })];

const compileDhcpServer = (network: SwitchedPlan, host: HostPlan): readonly Binding[] => {
  const { dhcp, path } = network;
  const subnet = network.subnets.find(({ family }) => family === 4);
  if (dhcp === null || subnet === undefined) return [];
  const leases = guestsOf(network, host).flatMap(({ dhcp: asks, mac, addresses }) =>
    asks
      ? addresses
          .filter((address) => address.subnet === subnet)
          .map(({ value, path: origin }) => at(origin, toNix({ MACAddress: mac.value, Address: value })))
      : [],
  );
  return [
    bindingAt(
      [...path, "dhcp"],
      "dhcpServerConfig",
      attrs({
        PoolOffset: distance(subnet.network, dhcp.from.value),
        PoolSize: distance(dhcp.from.value, dhcp.to.value) + 1,
        ...(subnet.gateway === subnet.own || subnet.gateway === null ? {} : { Router: subnet.gateway.value }),
      }),
    ),
    ...(leases.length === 0 ? [] : [binding("dhcpServerStaticLeases", list(leases))]),
  ];
};

const compileTaps = (
  network: SwitchedPlan,
  bridge: string,
  vlans: readonly Readonly<Record<string, number>>[],
  host: HostPlan,
): readonly Binding[] => {
  const taps = tapsOf(network, host);
  return taps.length === 0
    ? []
    : [
        bindingAt(
          network.path,
          ["networks", networkFile(`21-${network.name}-tap`)],
          attrs([
            binding(["matchConfig", "Name"], taps.join(" ")),
            binding(["networkConfig", "Bridge"], bridge),
            ...(vlans.length === 0 ? [] : [binding("bridgeVLANs", list(vlans.map((vlan) => toNix(vlan))))]),
            ...(isOpenIn(network, host)
              ? []
              : [
                  comment(binding(["bridgeConfig", "Isolated"], true), {
                    before: "Nothing passes between these, not even while no rules are loaded.",
                  }),
                ]),
            notRequired,
          ]),
        ),
      ];
};

/** Taps in a bridge that networkd does not make. */
const compileForeignTaps = (network: BridgePlan, host: HostPlan): readonly Binding[] => {
  const taps = tapsOf(network, host);
  return taps.length === 0
    ? []
    : [
        blankLine(
          bindingAt(
            network.path,
            ["networks", networkFile(`21-${network.name}-tap`)],
            attrs([
              binding(["matchConfig", "Name"], taps.join(" ")),
              comment(binding(["linkConfig", "Unmanaged"], true), {
                before: `udev joins these to ${network.name}, and networkd would take them out.`,
              }),
            ]),
          ),
        ),
      ];
};

/** Whether a VM in a network may reach everything, the others there included. */
const isOpenIn = (network: NetworkPlan, { vms }: HostPlan): boolean =>
  vms.some(
    ({ policy, interfaces }) => policy.network === "open" && interfaces.some((link) => link.network === network),
  );

const compilePorts = ({ path, name, ports }: BridgePlan, vlans: readonly VlanPlan[]): readonly Binding[] =>
  ports.length === 0
    ? []
    : [
        bindingAt(
          [...path, "ports"],
          ["networks", networkFile(`21-${name}-port`)],
          attrs([
            binding(["matchConfig", "Name"], ports.join(" ")),
            binding(["networkConfig", "Bridge"], name),
            ...(vlans.length === 0 ? [] : [binding("bridgeVLANs", list(trunk(vlans).map((vlan) => toNix(vlan))))]),
          ]),
        ),
      ];

/** A tap on its own: the host has its address there, and a route to the guest. */
const compileRoutedTap = ({ path, id, addresses }: TapPlan): Binding =>
  blankLine(
    bindingAt(
      path,
      ["networks", networkFile(`22-${id.value}`)],
      attrs([
        binding(["matchConfig", "Name"], at(id.path, str(id.value))),
        binding(
          "addresses",
          list(addresses.flatMap(({ subnet }) => addressOfHost({ ...subnet, prefixLength: hostRoute(subnet) }))),
        ),
        binding(
          "routes",
          list(
            addresses.map(({ value, subnet, path: origin }) =>
              at(origin, toNix({ Destination: `${value}/${String(hostRoute(subnet))}` })),
            ),
          ),
        ),
        binding(
          "networkConfig",
          attrs(Object.fromEntries(addresses.map(({ subnet }) => [`IPv${String(subnet.family)}Forwarding`, true]))),
        ),
        notRequired,
      ]),
    ),
  );

const interfacesOf = ({ vms }: HostPlan): readonly InterfacePlan[] => vms.flatMap(({ interfaces }) => interfaces);

/** The taps in a network. */
const guestsOf = (network: NetworkPlan, host: HostPlan): readonly TapPlan[] =>
  interfacesOf(host)
    .filter((link) => link.type === "tap")
    .filter((link) => link.network === network);

/** The names of a network's taps. A glob would take taps of VMs that the host describes itself. */
const tapsOf = (network: NetworkPlan, host: HostPlan): readonly string[] =>
  guestsOf(network, host).map(({ id }) => id.value);

/** Whether the names that the index gives are those of all taps, of one bridge, and of nothing else. */
const isGlobExact = (host: HostPlan): boolean =>
  host.networks.length === 1 &&
  host.networks.every(({ kind }) => kind === "bridge") &&
  interfacesOf(host).every(({ type, id }) => {
    const isAllocated = id.value.startsWith(tapPrefix);
    return { tap: isAllocated, macvtap: !isAllocated, user: true, bridge: true }[type];
  });
