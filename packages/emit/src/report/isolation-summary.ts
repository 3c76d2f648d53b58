import {
  type AllowedPlan,
  collect,
  destinations,
  formatSubnet,
  type HostPlan,
  type InterfacePlan,
  isPrivate,
  joinDestination,
  type NetworkPlan,
  type PortPlan,
  publishedPlace,
  type ReachedVmPlan,
  type VmPlan,
} from "@microvm-emit/model";
import { print } from "@microvm-emit/nix-ast";

/** What VMs may do to the rest of the world, and it to them. */
export interface IsolationSummary {
  readonly network: VmPlan["network"]["policy"]["network"];
  /** What the VM may reach besides what its `network` stands for; null where it has no interface to reach anything by. */
  readonly reaches: Reaches | null;
  /** How packets that its policy lets out leave the host, as far as the config says; null where they do not. */
  readonly wayOut: WayOut | null;
  /** Why there is none, by network. */
  readonly noWayOut: readonly string[];
  readonly reachedBy: ReachedBy;
  /** The folder of the workspace on the host, where the VM can write to it. */
  readonly workspace: string | null;
  /** What `shares` of the config add. */
  readonly shares: readonly ShareSummary[];
  /** The folder of its agent's login, where other VMs have it too. */
  readonly sharedLogin: string | null;
  readonly secrets: readonly { readonly name: string; readonly file: string }[];
  /** Whether its main user can become root. */
  readonly sudo: boolean;
}

export interface Reaches {
  /** Domains and addresses, each once, by what wants them. */
  readonly allowed: readonly AllowedFrom[];
  /** Ports of the host. */
  readonly host: readonly PortPlan[];
  /** Names, with TCP ports where not all of a VM is reached. */
  readonly vms: readonly string[];
}

export interface AllowedFrom {
  /** An agent, a toolchain, a word of `allow`, or the setting itself. */
  readonly from: string;
  readonly to: readonly Pick<AllowedPlan, "target" | "ports">[];
}

/** A network's `nat`, the LAN that it is in, another gateway, public addresses of its own, or the hypervisor's network. */
export interface WayOut {
  readonly by: "nat" | "lan" | "gateway" | "route" | "hypervisor";
  /** The interface of the host (null for any), the gateway, the subnet, or the hypervisor. */
  readonly through: string | null;
}

/** Who may begin to talk to a VM, besides its host. */
export interface ReachedBy {
  /** VMs whose `reachVms` name it. */
  readonly vms: readonly string[];
  readonly ports: readonly LeadingPort[];
  /** Interfaces of the host in whose LAN it is. */
  readonly lans: readonly string[];
  /** Whether other VMs with an open network do, and whoever has a route to it. */
  readonly everyone: boolean;
}

/** A port of the host that leads to a VM. */
export interface LeadingPort {
  /** The outward interface of a published port, the address of a forwarded one; null for all addresses. */
  readonly on: string | null;
  readonly proto: "tcp" | "udp";
  readonly port: number;
  readonly guestPort: number;
}

export interface ShareSummary {
  readonly source: string;
  readonly readOnly: boolean;
  /** Whether what a guest writes keeps the owners that its root gives. */
  readonly keepsOwners: boolean;
  /** Why it is shared though it is dangerous. */
  readonly dangerous: string | null;
}

/** What each of a host's VMs comes to. */
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

/** The VMs of each folder that is the login of several. */
export const sharedLogins = ({ vms }: HostPlan): ReadonlyMap<string, readonly string[]> => {
  const all = collect(vms.flatMap((vm) => loginsOf(vm).map((folder) => [folder, vm.name])));
  return new Map([...all].filter(([, names]) => names.length > 1));
};

const loginsOf = ({ storage: { shares } }: VmPlan): readonly string[] =>
  shares.flatMap((share) => (share.role === "agent" ? [share.source] : []));

const summarizeVm = (vm: VmPlan, reachedByVms: readonly string[]): Omit<IsolationSummary, "sharedLogin"> => {
  const {
    network: { interfaces, policy },
    storage: { shares },
    secrets,
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
    shares: shares
      .filter(({ role }) => role === "own")
      .map(({ source, readOnly, owners, dangerous }) => ({
        source,
        readOnly,
        keepsOwners: !readOnly && owners === "guest",
        dangerous,
      })),
    secrets: secrets.map(({ name, file }) => ({ name, file: typeof file === "string" ? file : print(file).trim() })),
    sudo,
  };
};

/** As it is written in `reachVms`. */
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

/** What of a VM wants something, by the path that the plan has of it. */
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

/** Any interface counts, since root of the guest chooses which one it uses; without a way out, why there is none. */
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
  // Whether the host routes these is not the config's to say.
  const known = subnets.find(({ network: first }) => !isPrivate(first));
  if (known !== undefined) return { by: "route", through: formatSubnet(known) };
  const other = subnets.find(({ own, gateway }) => gateway !== null && gateway.value !== own?.value)?.gateway;
  if (other == null) return `${name} has no nat`;
  // What is in the bridge beside the host is out of reach of all others.
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
