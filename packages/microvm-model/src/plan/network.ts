import type { VmModel } from "../config/config.js";
import type { BridgePlan, NetworkPlan, Subnet } from "./host-network.js";
import type { Placed } from "./placed.js";
import type { PolicyPlan } from "./policy.js";
import type { ConfigPath } from "../problems/problem.js";

/** The host's side of a VM's network. */
export interface VmNetworkPlan {
  /** The default route uses the first one. */
  readonly interfaces: readonly InterfacePlan[];
  readonly forwardPorts: readonly ForwardPortPlan[];
  readonly policy: PolicyPlan;
  readonly nameservers: readonly string[];
}

export type InterfacePlan = TapPlan | MacvtapPlan | BridgeHelperPlan | UserInterfacePlan;

export interface InterfacePlanBase {
  readonly path: ConfigPath;
  /** The name of the host's interface, or of the hypervisor's where the host has none. */
  readonly id: Placed<string>;
  readonly mac: Placed<string>;
  /** True if the guest uses DHCP; a known address is then a lease. */
  readonly dhcp: boolean;
  readonly addresses: readonly AddressPlan[];
}

export interface TapPlan extends InterfacePlanBase {
  readonly type: "tap";
  readonly network: NetworkPlan;
  readonly vhost: boolean;
}

export interface BridgeHelperPlan extends InterfacePlanBase {
  readonly type: "bridge";
  readonly network: BridgePlan;
}

export interface MacvtapPlan extends InterfacePlanBase {
  readonly type: "macvtap";
  readonly network: null;
  readonly link: string;
  readonly mode: "private" | "vepa" | "bridge" | "passthru" | "source";
}

export interface UserInterfacePlan extends InterfacePlanBase {
  readonly type: "user";
  readonly network: null;
}

/** A guest's address and the subnet it is in. */
export interface AddressPlan extends Placed<string> {
  readonly subnet: Subnet;
}

export interface ForwardPortPlan {
  readonly path: ConfigPath;
  readonly from: "host" | "guest";
  readonly proto: "tcp" | "udp";
  readonly host: ForwardEndPlan;
  readonly guest: ForwardEndPlan;
}

export interface ForwardEndPlan {
  readonly address: string | null;
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
