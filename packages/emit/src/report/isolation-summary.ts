import type {
  AllowedPlan,
  HostPlan,
  InterfacePlan,
  NetworkPlan,
  PortPlan,
  ReachedVmPlan,
  VmPlan,
} from "@microvm-emit/model";
import {
  collect,
  destinations,
  formatSubnet,
  isPrivate,
  joinDestination,
  publishedPlace,
} from "@microvm-emit/model/internal";
import { type Expr, print } from "@microvm-emit/nix-ast";

/** The isolation of a VM: its network policy and its access to the host. */
export interface IsolationSummary {
  readonly network: VmPlan["network"]["policy"]["network"];
  /** Destinations in addition to those of `network`; null for a VM without interfaces. */
  readonly reaches: Reaches | null;
  /** The route of allowed packets out of the host, if the config shows one; otherwise null. */
  readonly wayOut: WayOut | null;
  /** Reasons for the missing route, by network. */
  readonly noWayOut: readonly string[];
  readonly reachedBy: ReachedBy;
  /** The workspace's folder on the host, if the VM can write to it. */
  readonly workspace: string | null;
  /** The repository on a disk of the VM, and the user's clone that exchanges branches with it, if the config names it. */
  readonly repository: { readonly mountPoint: string; readonly clone: string | null } | null;
  /** The shares in `shares` of the config. */
  readonly shares: readonly ShareSummary[];
  /** The folder of the agent's login, if several VMs share it. */
  readonly sharedLogin: string | null;
  readonly secrets: readonly { readonly name: string; readonly file: string }[];
  /** API keys that the VM uses through the host, by provider. */
  readonly keys: readonly { readonly name: string; readonly file: string }[];
  /** True if the main user can become root. */
  readonly sudo: boolean;
}

export interface Reaches {
  /** Unique domains and addresses, by origin. */
  readonly allowed: readonly AllowedFrom[];
  /** Ports of the host. */
  readonly host: readonly PortPlan[];
  /** VM names, with TCP ports if only some are allowed. */
  readonly vms: readonly string[];
}

export interface AllowedFrom {
  /** An agent, a toolchain, a preset of `allow`, or the name of the setting. */
  readonly from: string;
  readonly to: readonly Pick<AllowedPlan, "target" | "ports">[];
}

/** NAT of the network, its LAN, another gateway, a routed subnet with public addresses, or the hypervisor's network. */
export interface WayOut {
  readonly by: "nat" | "lan" | "gateway" | "route" | "hypervisor";
  /** Interface of the host (null for any), gateway, subnet or hypervisor. */
  readonly through: string | null;
}

/** Sources of connections to the VM, in addition to its host. */
export interface ReachedBy {
  /** VMs with this VM in `reachVms`. */
  readonly vms: readonly string[];
  readonly ports: readonly LeadingPort[];
  /** Interfaces of the host that share a LAN with the VM. */
  readonly lans: readonly string[];
  /** True if other VMs with network "open", and any machine with a route, can connect. */
  readonly everyone: boolean;
}

/** A host port that forwards to the VM. */
export interface LeadingPort {
  /** External interface of a published port, address of a forwarded port; null for all addresses. */
  readonly on: string | null;
  readonly proto: "tcp" | "udp";
  readonly port: number;
  readonly guestPort: number;
}

export interface ShareSummary {
  readonly source: string;
  readonly readOnly: boolean;
  /** True if files keep the owner that the guest's root sets. */
  readonly keepsOwners: boolean;
  /** The config's reason to share it despite the danger. */
  readonly dangerous: string | null;
}

/** Returns a function that summarizes the VMs of a host. */
export const isolationOn = (host: HostPlan): ((vm: VmPlan) => IsolationSummary) => {
  const reaching = collect(
    host.vms.flatMap(({ name, network: { policy } }) => [...new Map(policy.vms.map(({ value }) => [value, name]))]),
  );
  const logins = sharedLogins(host);
  return (vm) => ({
    ...summarizeVm(vm, reaching.get(vm.name) ?? []),
    sharedLogin: loginsOf(vm).find((folder) => logins.has(folder)) ?? null,
  });
};

/** Folders of agents' logins that several VMs share, with the VMs' names. */
export const sharedLogins = ({ vms }: HostPlan): ReadonlyMap<string, readonly string[]> => {
  const all = collect(vms.flatMap((vm) => loginsOf(vm).map((folder) => [folder, vm.name])));
  return new Map([...all].filter(([, names]) => names.length > 1));
};

const loginsOf = ({ storage: { shares } }: VmPlan): readonly string[] =>
  shares.flatMap((share) => (share.role === "agent" ? [share.source] : []));

const summarizeVm = (vm: VmPlan, reachedByVms: readonly string[]): Omit<IsolationSummary, "sharedLogin"> => {
  const {
    network: { interfaces, policy },
    storage: { shares, repository },
    secrets,
    keys,
    guest: { sudo },
    machine: { hypervisor },
  } = vm;
  const isOpen = policy.network === "open";
  const ways = interfaces.map((link) => wayOutOf(link, isOpen, hypervisor));
  const wayOut = ways.find((way) => typeof way !== "string") ?? null;
  return {
    network: policy.network,
    reaches:
      interfaces.length === 0 ? null : { allowed: allowedBy(vm), host: policy.host, vms: policy.vms.map(reachedVm) },
    wayOut,
    noWayOut: wayOut === null ? [...new Set(ways.filter((way) => typeof way === "string"))] : [],
    reachedBy: {
      vms: reachedByVms,
      ports: leadingPorts(vm),
      lans: [...new Set(interfaces.flatMap(lansOf))],
      everyone: isOpen && interfaces.some(({ network }) => network !== null),
    },
    workspace: shares.find(({ role, readOnly }) => role === "workspace" && !readOnly)?.source ?? null,
    repository:
      repository === null ? null : { mountPoint: repository.mountPoint.value, clone: repository.clone?.value ?? null },
    shares: shares
      .filter(({ role }) => role === "own")
      .map(({ source, readOnly, owners, dangerous }) => ({
        source,
        readOnly,
        keepsOwners: !readOnly && owners === "guest",
        dangerous,
      })),
    secrets: secrets.map(({ name, file }) => ({ name, file: fileWords(file) })),
    keys: keys.map(({ provider, file }) => ({ name: provider, file: fileWords(file) })),
    sudo,
  };
};

const fileWords = (file: string | Expr): string => (typeof file === "string" ? file : print(file).trim());

/** As written in `reachVms`. */
const reachedVm = ({ value, ports }: ReachedVmPlan): string =>
  joinDestination(
    value,
    (ports ?? []).map(({ port }) => port),
  );

const allowedBy = (vm: VmPlan): readonly AllowedFrom[] => {
  const all = [...vm.network.policy.domains, ...vm.network.policy.addresses];
  const by = collect(all.map(({ path, target, ports }) => [wants(vm, path), { target, ports }] as const));
  return [...by].map(([from, to]) => ({ from, to }));
};

/** The origin of an allowed destination, from its plan path. */
const wants = (
  { path: { length }, agent, guest: { toolchains }, network: { policy } }: VmPlan,
  path: AllowedPlan["path"],
): string => {
  const setting = String(path[length]);
  const position = Number(path[length + 1]);
  switch (setting) {
    case "agent":
      return agent?.name ?? setting;
    case "toolchains":
      return toolchains[position]?.name ?? setting;
    case "allow": {
      const word = policy.written.allow[position]?.value ?? "";
      return Object.hasOwn(destinations, word) ? word : setting;
    }
    default:
      return setting;
  }
};

/**
 * The route out through an interface, or the reason for none. Any interface counts, because root in the guest can
 * choose.
 */
const wayOutOf = (link: InterfacePlan, isOpen: boolean, hypervisor: string): WayOut | string => {
  switch (link.type) {
    case "user":
      return { by: "hypervisor", through: hypervisor };
    case "macvtap":
      return { by: "lan", through: link.link };
    case "tap":
    case "bridge":
      return wayOutOfNetwork(link.network, isOpen);
  }
};

const wayOutOfNetwork = (network: NetworkPlan, isOpen: boolean): WayOut | string => {
  const { name, nat, subnets } = network;
  const [lan] = lansOfNetwork(network);
  if (lan !== undefined) return { by: "lan", through: lan };
  if (nat !== null) return { by: "nat", through: nat.externalInterface?.value ?? null };
  // The config does not show if the host routes this subnet.
  const known = subnets.find(({ network: first }) => !isPrivate(first));
  if (known !== undefined) return { by: "route", through: formatSubnet(known) };
  const other = subnets.find(({ own, gateway }) => gateway !== null && gateway.value !== own?.value)?.gateway;
  if (other == null) return `${name} has no nat`;
  // With the other policies a VM reaches no other machine on its bridge.
  return isOpen ? { by: "gateway", through: other.value } : `the gateway of ${name} is not the host`;
};

const lansOf = (link: InterfacePlan): readonly string[] => {
  if (link.type === "macvtap") return [link.link];
  return link.type === "user" ? [] : lansOfNetwork(link.network);
};

const lansOfNetwork = (network: NetworkPlan): readonly string[] => {
  if (network.kind === "routed" || !network.isLan) return [];
  return network.ports.length > 0 ? network.ports : [network.name];
};

const leadingPorts = (vm: VmPlan): readonly LeadingPort[] => [
  ...vm.network.policy.published.map(({ proto, host, guest }) => ({
    on: publishedPlace(vm)?.externalInterface ?? null,
    proto,
    port: host,
    guestPort: guest,
  })),
  ...vm.network.forwardPorts
    .filter(({ from }) => from === "host")
    .map(({ proto, host, guest }) => ({ on: host.address, proto, port: host.port, guestPort: guest.port })),
];
