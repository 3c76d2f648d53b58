import type { NetworkPolicy } from "../config/policy.js";
import type { Placed } from "./placed.js";
import type { ConfigPath } from "../problems/problem.js";

/** A network that VMs can be in: a bridge, a VLAN of one, or the host's routed network. */
export type NetworkPlan = BridgePlan | VlanPlan | RoutedPlan;

/** Settings of every network. */
export interface NetworkPlanBase {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** The host's interface in it; a routed network has one for each guest, and this name in messages only. */
  readonly name: string;
  /** The subnets, at most one of each family, IPv4 first. */
  readonly subnets: readonly Subnet[];
  /** Address translation to the outside; null without it. */
  readonly nat: NatPlan | null;
  /** The default policy of its VMs; null without one. */
  readonly network: NetworkPolicy | null;
}

/** Settings of a bridge and of a VLAN. */
export interface SwitchedPlan extends NetworkPlanBase {
  /** Interfaces of the host that join the bridge. */
  readonly ports: readonly string[];
  /** True if machines beyond the host are in it. */
  readonly isLan: boolean;
  /** True if the host requests its address by DHCP. */
  readonly hostByDhcp: boolean;
  /** The range of the host's DHCP server for unknown machines; null without a server. */
  readonly dhcp: AddressRange | null;
}

/** A bridge of the host. */
export interface BridgePlan extends SwitchedPlan {
  readonly kind: "bridge";
  /** True if another tool creates the bridge. */
  readonly existing: boolean;
}

/** A VLAN of a bridge. */
export interface VlanPlan extends SwitchedPlan {
  readonly kind: "vlan";
  /** The name of the bridge. */
  readonly bridge: string;
  /** The VLAN id, from 1 to 4094. */
  readonly id: number;
}

/** The routed network: each guest has a point-to-point link to the host. */
export interface RoutedPlan extends NetworkPlanBase {
  readonly kind: "routed";
}

/** Address translation to the outside. */
export interface NatPlan {
  /** The only external interface; null for every interface except networks of VMs. */
  readonly externalInterface: Placed<string> | null;
  /** True to translate IPv6 too. */
  readonly ipv6: Placed<boolean>;
}

/** A subnet. Addresses in a plan are in the canonical form of their family. */
export interface Subnet {
  /** The version of IP. */
  readonly family: 4 | 6;
  /** The host's address; null for a macvtap's LAN. */
  readonly own: Placed<string> | null;
  /** The default gateway of guests. */
  readonly gateway: Placed<string> | null;
  /** The first address. */
  readonly network: string;
  /** The last address, IPv4's broadcast. */
  readonly last: string;
  /** The prefix length, such as 24. */
  readonly prefixLength: number;
}

/** IPv4 addresses from one to another. */
export interface AddressRange {
  /** The first address. */
  readonly from: Placed<string>;
  /** The last address. */
  readonly to: Placed<string>;
}
