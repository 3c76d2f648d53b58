import type { NetworkPolicy } from "../config/policy.js";
import type { Placed } from "./placed.js";
import type { ConfigPath } from "../problems/problem.js";

/** A network that VMs can be in: a bridge, a VLAN of one, or the host's routed network. */
export type NetworkPlan = BridgePlan | VlanPlan | RoutedPlan;

interface NetworkBase {
  readonly path: ConfigPath;
  /** The host's interface in it; a routed network has one for each guest, and this name in messages only. */
  readonly name: string;
  /** At most one of each family, IPv4 first. */
  readonly subnets: readonly Subnet[];
  readonly nat: NatPlan | null;
  /** What VMs in it may reach that do not say so themselves; null where it does not say either. */
  readonly network: NetworkPolicy | null;
}

interface SwitchedNetwork extends NetworkBase {
  /** Interfaces of the host that join the bridge. */
  readonly ports: readonly string[];
  /** Whether machines beyond the host are in it. */
  readonly isLan: boolean;
  /** Whether the host asks a DHCP server for its own address. */
  readonly hostByDhcp: boolean;
  /** What the host's DHCP server gives to machines that it does not know; null for no server. */
  readonly dhcp: AddressRange | null;
}

export interface BridgePlan extends SwitchedNetwork {
  readonly kind: "bridge";
  /** Whether something else makes the bridge. */
  readonly existing: boolean;
}

export interface VlanPlan extends SwitchedNetwork {
  readonly kind: "vlan";
  readonly bridge: string;
  readonly id: number;
}

export interface RoutedPlan extends NetworkBase {
  readonly kind: "routed";
}

export interface NatPlan {
  /** The only way out; null for any that is no network of VMs. */
  readonly externalInterface: Placed<string> | null;
  readonly ipv6: Placed<boolean>;
}

/** A subnet; every address of a plan is written as its family writes it, and as nothing else. */
export interface Subnet {
  readonly family: 4 | 6;
  /** The host's own address in it, which is not there where a macvtap has a guest in a LAN. */
  readonly own: Placed<string> | null;
  /** The router that guests are told of. */
  readonly gateway: Placed<string> | null;
  /** The first address. */
  readonly network: string;
  /** The last address, IPv4's broadcast. */
  readonly last: string;
  readonly prefixLength: number;
}

/** IPv4 addresses from one to another. */
export interface AddressRange {
  readonly from: Placed<string>;
  readonly to: Placed<string>;
}
