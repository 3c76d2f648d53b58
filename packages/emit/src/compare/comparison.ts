/** The differences between two plans. Empty lists throughout: nothing changes. */
export interface Comparison {
  /** Changes of the flake itself, such as its inputs. */
  readonly flake: readonly Change[];
  /** The hosts with changes of their own, by name. */
  readonly hosts: readonly HostChange[];
  /** The hosts that need a `nixos-rebuild switch`. */
  readonly switch: readonly string[];
}

/** One aspect that differs, such as the shares of a VM. */
export interface Change {
  /** A setting of the config, or a subject of the network policy. */
  readonly aspect: string;
  /** Whether the aspect is a permission: `gained` then means more access, and `lost` means less. */
  readonly isAccess: boolean;
  /** The values that only the later plan has. Both lists are empty if a detail differs that has no short name. */
  readonly gained: readonly string[];
  /** The values that only the earlier plan has. */
  readonly lost: readonly string[];
  readonly applies: Applies;
}

/**
 * When a running VM gets a change: with the `switch` of its host, with its next `restart`, or `connections`: with the switch for
 * new connections, while open ones stay until the restart.
 */
export type Applies = "switch" | "restart" | "connections";

export type Access = "same" | "more" | "less" | "more and less";

export interface HostChange {
  readonly host: string;
  readonly change: "new" | "gone" | "changed";
  /** Changes of the host's own settings. */
  readonly settings: readonly Change[];
  /** The VMs with changes, by name. */
  readonly vms: readonly VmChange[];
  /** The number of VMs without changes. */
  readonly unchanged: number;
}

/** A VM's name and its host. */
export interface VmPlace {
  readonly host: string;
  readonly vm: string;
}

export interface VmChange {
  readonly vm: string;
  readonly change: "new" | "gone" | "renamed" | "moved" | "changed";
  /** The earlier name and host of a VM that was renamed or moved. */
  readonly from: VmPlace | null;
  /** The later host of a VM that moved away. */
  readonly to: VmPlace | null;
  /** The addresses in the later plan; of a VM that is gone, the earlier ones. */
  readonly addresses: readonly string[];
  readonly access: Access;
  readonly changes: readonly Change[];
  /** Whether the NixOS of the guest changes. */
  readonly isRebuilt: boolean;
  /** The effect of a switch on a running VM: it has all changes, the switch restarts it, or it is stale until you restart it. */
  readonly running: "current" | "restarted" | "stale";
}

export const accessOf = (changes: readonly Change[]): Access => {
  const ofAccess = changes.filter(({ isAccess }) => isAccess);
  const isMore = ofAccess.some(({ gained }) => gained.length > 0);
  const isLess = ofAccess.some(({ lost }) => lost.length > 0);
  if (isMore) return isLess ? "more and less" : "more";
  return isLess ? "less" : "same";
};

export const isMore = (access: Access): boolean => access === "more" || access === "more and less";
export const isLess = (access: Access): boolean => access === "less" || access === "more and less";

export const isEmpty = ({ flake, hosts }: Comparison): boolean => flake.length === 0 && hosts.length === 0;
