import {
  formatSubnet,
  type HostPlan,
  isPrivate,
  type InterfacePlan,
  type NetworkPlan,
  publishedPlace,
  type VmPlan,
} from "@microvm-emit/model";
import { policyWords } from "./isolation-words.js";

/** What VMs may do to the rest of the world, and it to them. */
export interface IsolationSummary {
  readonly network: VmPlan["policy"]["network"];
  /** What the VM may reach, in words. */
  readonly reaches: string;
  /** How packets that its policy lets out leave the host, as far as the config says; null where they do not. */
  readonly wayOut: WayOut | null;
  readonly reachedBy: ReachedBy;
  readonly dangerousShares: readonly DangerousShare[];
  /** Whether its main user can become root. */
  readonly sudo: boolean;
}

/** A network's `nat`, the LAN that it is in, another gateway, public addresses of its own, or the hypervisor's network. */
export interface WayOut {
  readonly by: "nat" | "lan" | "gateway" | "route" | "hypervisor";
  /** The interface of the host, the gateway, the subnet, or the hypervisor. */
  readonly through: string;
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

export interface DangerousShare {
  readonly source: string;
  readonly readOnly: boolean;
  /** Why it is shared all the same. */
  readonly reason: string;
}

/** What each of a host's VMs comes to. */
export const isolationOn = ({ vms }: HostPlan): ((vm: VmPlan) => IsolationSummary) => {
  const reaching = new Map(vms.map(({ name }) => [name, [] as string[]]));
  for (const { name, policy } of vms) for (const { value } of policy.vms) reaching.get(value)?.push(name);
  return (vm) => summarizeVm(vm, reaching.get(vm.name) ?? []);
};

const summarizeVm = (vm: VmPlan, reachedByVms: readonly string[]): IsolationSummary => {
  const { interfaces, policy, shares, sudo, hypervisor } = vm;
  const isOpen = policy.network === "open";
  const ways = interfaces.map((link) => wayOutOf(link, isOpen, hypervisor));
  const wayOut = ways.find((way) => typeof way !== "string") ?? null;
  const lacks = wayOut === null ? ways.filter((way) => typeof way === "string") : [];
  return {
    network: policy.network,
    reaches: interfaces.length === 0 ? "nothing" : policyWords(policy, [...new Set(lacks)]),
    wayOut,
    reachedBy: {
      vms: reachedByVms,
      ports: leadingPorts(vm),
      lans: [...new Set(interfaces.flatMap(lansOf))],
      everyone: isOpen && interfaces.some(({ network }) => network !== null),
    },
    dangerousShares: shares.flatMap(({ source, readOnly, dangerous }) =>
      dangerous === null ? [] : [{ source, readOnly, reason: dangerous }],
    ),
    sudo,
  };
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
  if (nat !== null) return { by: "nat", through: nat.externalInterface.value };
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

const lansOfNetwork = (network: NetworkPlan): readonly string[] => (network.kind === "routed" ? [] : network.ports);

const leadingPorts = (vm: VmPlan): readonly LeadingPort[] => [
  ...vm.policy.published.map(({ proto, host, guest }) => ({
    on: publishedPlace(vm)?.externalInterface ?? null,
    proto,
    port: host,
    guestPort: guest,
  })),
  ...vm.forwardPorts
    .filter(({ from }) => from === "host")
    .map(({ proto, host, guest }) => ({ on: host.address, proto, port: host.port, guestPort: guest.port })),
];
