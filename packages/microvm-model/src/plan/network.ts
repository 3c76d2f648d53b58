import type { VmModel } from "../config/config.js";
import type { BridgePlan, NetworkPlan, Subnet } from "./host-network.js";
import type { Placed } from "./placed.js";
import type { PolicyPlan } from "./policy.js";
import type { ConfigPath } from "../problems/problem.js";

/** The host's side of a VM's network. */
export interface VmNetworkPlan {
  /** The guest's interfaces, in the order of the config. The default route uses the first one. */
  readonly interfaces: readonly InterfacePlan[];
  /** Forwarded ports of an interface of type `"user"`. */
  readonly forwardPorts: readonly ForwardPortPlan[];
  /** The network policy. */
  readonly policy: PolicyPlan;
  /** DNS servers of the guest. */
  readonly nameservers: readonly string[];
}

/** A network interface of a VM. */
export type InterfacePlan = TapPlan | MacvtapPlan | BridgeHelperPlan | UserInterfacePlan;

/** Settings of every interface. */
export interface InterfacePlanBase {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The name of the host's interface; if the host has none, of the hypervisor's interface. */
  readonly id: Placed<string>;
  /** The guest's MAC address. */
  readonly mac: Placed<string>;
  /** True if the guest uses DHCP; a known address is then a lease. */
  readonly dhcp: boolean;
  /** The guest's addresses, IPv4 first. */
  readonly addresses: readonly AddressPlan[];
}

/** A tap of a bridge, a VLAN or the routed network. */
export interface TapPlan extends InterfacePlanBase {
  readonly type: "tap";
  /** Its network. */
  readonly network: NetworkPlan;
  /** True to move packets in the host's kernel. */
  readonly vhost: boolean;
}

/** A tap that QEMU makes with its bridge helper. */
export interface BridgeHelperPlan extends InterfacePlanBase {
  readonly type: "bridge";
  /** Its bridge. */
  readonly network: BridgePlan;
}

/** A macvtap of an interface of the host. */
export interface MacvtapPlan extends InterfacePlanBase {
  readonly type: "macvtap";
  /** No network of the host. */
  readonly network: null;
  /** The host's interface. */
  readonly link: string;
  /** The mode, which decides which macvtaps of a link reach each other. */
  readonly mode: "private" | "vepa" | "bridge" | "passthru" | "source";
}

/** A network in the hypervisor's own process. */
export interface UserInterfacePlan extends InterfacePlanBase {
  readonly type: "user";
  /** No network of the host. */
  readonly network: null;
}

/** A guest's address and the subnet it is in. */
export interface AddressPlan extends Placed<string> {
  /** The subnet. */
  readonly subnet: Subnet;
}

/** A forwarded port of an interface of type `"user"`. */
export interface ForwardPortPlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The side that listens. */
  readonly from: "host" | "guest";
  /** The protocol. */
  readonly proto: "tcp" | "udp";
  /** The end on the host. */
  readonly host: ForwardEndPlan;
  /** The end in the guest. */
  readonly guest: ForwardEndPlan;
}

/** An end of a forwarded port. */
export interface ForwardEndPlan {
  /** The address; null for the default of the hypervisor. */
  readonly address: string | null;
  /** The port. */
  readonly port: number;
}

export const planForward = (
  { from, proto, host, guest }: VmModel["forwardPorts"][number],
  path: ConfigPath,
): ForwardPortPlan => ({
  path,
  from,
  proto,
  host: { address: host.address ?? null, port: host.port },
  guest: { address: guest.address ?? null, port: guest.port },
});
