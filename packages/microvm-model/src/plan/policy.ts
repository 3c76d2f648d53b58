import type { VmModel } from "../config/config.js";
import {
  type Destination,
  destinationSchema,
  type HostPort,
  type NetworkPolicy,
  type ReachedVm,
} from "../config/policy.js";
import { destinations } from "../catalogue/presets.js";
import type { ConfigPath } from "../problems/problem.js";
import { type ScalarRefusal, type SplitDestination, splitDestination } from "../scalars/scalars.js";
import type { NetworkPlan } from "./host-network.js";
import type { Placed } from "./placed.js";
import { addressIn, isInside, isPrivate } from "./subnet.js";

/** The policy for a VM's taps. */
export interface PolicyPlan {
  /** The place of the setting, or the VM without one. */
  readonly path: ConfigPath;
  /** The basic policy. */
  readonly network: NetworkPolicy;
  /** Domains; `*.example.org` stands for all subdomains. */
  readonly domains: readonly AllowedPlan[];
  /** Addresses and subnets. */
  readonly addresses: readonly AllowedPlan[];
  /** VMs of the host, by name. */
  readonly vms: readonly ReachedVmPlan[];
  /** Ports of the host that the VM can reach. */
  readonly host: readonly PortPlan[];
  /** Ports of the VM that others reach through the host. */
  readonly published: readonly PublishedPlan[];
  /** The limit of forwarded traffic in megabits per second for each direction; null for no limit. */
  readonly mbitPerSecond: number | null;
  /** The settings as in the config. */
  readonly written: {
    readonly allow: readonly Placed<Destination>[];
    readonly reachVms: readonly Placed<ReachedVm>[];
    readonly reachHost: readonly Placed<HostPort>[];
  };
}

/** Another VM that the VM can reach, by name. */
export interface ReachedVmPlan extends Placed<string> {
  /** The open ports; null for all, of any protocol. */
  readonly ports: readonly PortPlan[] | null;
}

/** A port of the host's outward interface that leads to a port of a VM. */
export interface PublishedPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The protocol. */
  readonly proto: "tcp" | "udp";
  /** The port of the host. */
  readonly host: number;
  /** The port of the VM. */
  readonly guest: number;
}

/** A destination that the VM can reach. */
export interface AllowedPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The domain, address or subnet. */
  readonly target: string;
  /** Its open ports. */
  readonly ports: readonly PortPlan[];
}

/** A port with its protocol. */
export interface PortPlan {
  /** The protocol. */
  readonly proto: "tcp" | "udp";
  /** The number. */
  readonly port: number;
}

/** The VM's own policy, else the strictest of its networks. */
export const planPolicy = (
  vm: VmModel,
  links: readonly { readonly network: NetworkPlan | null }[],
  path: ConfigPath,
): PolicyPlan => {
  const network =
    vm.network ?? strictest(links.flatMap((link) => (link.network === null ? [] : [link.network.network])));
  const placed = <A>(setting: string, values: readonly A[]): readonly Placed<A>[] =>
    values.map((value, position) => ({ value, path: [...path, setting, position] }));
  const allow = placed("allow", vm.allow);
  const reachVms = placed("reachVms", vm.reachVms);
  const own = [...(network === "allowlist" ? domainsOfParts(vm, path) : []), ...allow].flatMap(
    ({ value, path: place }) => destinationsOf(value).map((destination) => allowed(destination, place)),
  );
  const servers = vm.nameservers.map(addressIn);
  const gateways = links.flatMap((link) => (link.network?.subnets ?? []).map(({ own: address }) => address?.value));
  return {
    path: vm.network === undefined ? path : [...path, "network"],
    network,
    domains: withoutRepeats(own.filter(({ target }) => !isAddress(target))),
    addresses: withoutOverlap([
      ...own.filter(({ target }) => isAddress(target)),
      // For a VM with an allowlist, the host's resolver queries the servers.
      ...(network === "internet"
        ? servers.filter(isPrivate).map((target) => ({ target, path: [...path, "nameservers"], ports: dns }))
        : []),
    ]),
    vms: reachVms.map(({ value, path: place }) => {
      const { target, ports } = splitDestination(value);
      return { path: place, value: target, ports: ports.length === 0 ? null : ports.map(tcp) };
    }),
    host: [
      ...vm.reachHost.flatMap((port): readonly PortPlan[] => {
        if (port === "dns") return dns;
        return [typeof port === "number" ? tcp(port) : port];
      }),
      ...(network === "internet" && servers.some((server) => gateways.includes(server)) ? dns : []),
    ],
    published: vm.publish.map((port, position) => ({ ...port, path: [...path, "publish", position] })),
    mbitPerSecond: vm.bandwidthMbitPerSecond ?? null,
    written: { allow, reachVms, reachHost: placed("reachHost", vm.reachHost) },
  };
};

/** Networks without a policy count as `"internet"`. */
const strictest = (said: readonly (NetworkPolicy | null)[]): NetworkPolicy =>
  (["none", "allowlist", "internet", "open"] as const).find((policy) =>
    said.some((one) => (one ?? "internet") === policy),
  ) ?? "internet";

/** Each domain and port list once, at its first place: an entry of `allow` often repeats a domain of a toolchain. */
const withoutRepeats = (entries: readonly AllowedPlan[]): readonly AllowedPlan[] => {
  const first = new Map<string, AllowedPlan>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.target, entry.ports]);
    if (!first.has(key)) first.set(key, entry);
  }
  return [...first.values()];
};

/** Each address with a port once, since nftables refuses an element that another one contains. */
const withoutOverlap = (entries: readonly AllowedPlan[]): readonly AllowedPlan[] =>
  entries
    .map((entry, position) => ({
      ...entry,
      ports: entry.ports.filter(
        ({ proto, port }) =>
          !entries.some(
            ({ target, ports }, other) =>
              other !== position &&
              isInside(entry.target, target) &&
              (other < position || !isInside(target, entry.target)) &&
              ports.some((same) => same.proto === proto && same.port === port),
          ),
      ),
    }))
    .filter(({ ports }) => ports.length > 0);

/** The domains of the VM's agent and toolchains. */
const domainsOfParts = ({ agent, toolchains }: VmModel, path: ConfigPath): readonly Placed<string>[] => [
  ...(agent === false ? [] : agent.domains.map((value) => ({ value, path: [...path, "agent"] }))),
  ...toolchains.flatMap(({ domains }, position) =>
    domains.map((value) => ({ value, path: [...path, "toolchains", position] })),
  ),
];

const tcp = (port: number): PortPlan => ({ proto: "tcp", port });

const dns: readonly PortPlan[] = [
  { proto: "udp", port: 53 },
  { proto: "tcp", port: 53 },
];

/** The ports of a destination without ports: HTTP, and HTTPS over TCP and QUIC. */
export const webPorts: readonly PortPlan[] = [
  { proto: "tcp", port: 80 },
  { proto: "tcp", port: 443 },
  { proto: "udp", port: 443 },
];

/** The destinations of an entry of `allow`. */
export const destinationsOf = (entry: string): readonly SplitDestination[] =>
  (destinations[entry] ?? [entry]).map(splitDestination);

/** The servers and ports that an entry of `allow` opens, or the reason why it is invalid. */
export const readDestination = (
  entry: string,
):
  | { readonly targets: readonly { readonly target: string; readonly ports: readonly PortPlan[] }[] }
  | { readonly message: string; readonly remedy: string } => {
  const [issue] = destinationSchema.safeParse(entry).error?.issues ?? [];
  if (issue === undefined)
    return {
      targets: destinationsOf(entry).map(({ target, ports }) => ({
        target,
        ports: ports.length === 0 ? webPorts : ports.map(tcp),
      })),
    };
  const { remedy } = ((issue as { readonly params?: unknown }).params ?? { remedy: "" }) as ScalarRefusal;
  return { message: issue.message, remedy };
};

const allowed = ({ target, ports }: SplitDestination, path: ConfigPath): AllowedPlan => ({
  path,
  target,
  ports: ports.length === 0 ? webPorts : ports.map(tcp),
});

/** Every other text is a domain: it ends in a letter, or contains no slash or colon. */
export const isAddress = (target: string): boolean => /^[\d.]+(\/\d+)?$|:/.test(target);
