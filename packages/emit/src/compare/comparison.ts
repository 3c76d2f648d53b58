import { collect } from "@microvm-emit/model/internal";

/** The differences between two plans. If nothing changes, all lists are empty. */
export interface Comparison {
  /** Changes of the flake itself, such as its inputs. */
  readonly flake: readonly Change[];
  /** The hosts with changes, by name. */
  readonly hosts: readonly HostChange[];
  /** The hosts that need a `nixos-rebuild switch`. */
  readonly switch: readonly string[];
}

/** One aspect that differs, such as the shares of a VM. */
export interface Change {
  /** A setting of the config, or a subject of the network policy. */
  readonly aspect: string;
  /** True if the aspect is a permission: `gained` then means more access, and `lost` means less. */
  readonly isAccess: boolean;
  /** The values that only the later plan has. Both lists are empty if a detail differs that has no short name. */
  readonly gained: readonly string[];
  /** The values that only the earlier plan has. */
  readonly lost: readonly string[];
  /** The time at which a running VM gets the change. */
  readonly applies: Applies;
}

/**
 * The time at which a running VM gets a change. `switch`: with the switch of its host. `restart`: with its next
 * restart. `connections`: with the switch for new connections, with the restart for open ones.
 */
export type Applies = "switch" | "restart" | "connections";

/** The direction in which the permissions of a VM change. */
export type Access = "same" | "more" | "less" | "more and less";

/** A host with changes. */
export interface HostChange {
  /** Its name. */
  readonly host: string;
  /** `"new"` and `"gone"` hosts list all of their VMs. */
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
  /** The name of the host. */
  readonly host: string;
  /** The name of the VM. */
  readonly vm: string;
}

/** A VM with changes. */
export interface VmChange {
  /** Its name in the later plan; of a VM that is gone, in the earlier plan. */
  readonly vm: string;
  /** The kind of change. A `"moved"` VM has another host. */
  readonly change: "new" | "gone" | "renamed" | "moved" | "changed";
  /** The earlier name and host of a VM that was renamed or moved. */
  readonly from: VmPlace | null;
  /** The later host of a VM that moved away. */
  readonly to: VmPlace | null;
  /** The addresses in the later plan; of a VM that is gone, the earlier ones. */
  readonly addresses: readonly string[];
  /** The sum of its changes of access. */
  readonly access: Access;
  /** The aspects that differ. */
  readonly changes: readonly Change[];
  /** True if the NixOS of the guest changes. */
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

/** A comparison with a commit. */
export interface Compared extends Comparison {
  /** The commit as typed, and its hash. */
  readonly since: { readonly ref: string; readonly commit: string };
  /** Other Nix files and locks that differ, relative to the repository. Any VM may use them. */
  readonly otherFiles: readonly string[];
  /** True if the flake on disk matches the config. */
  readonly isCurrent: boolean;
}

/** A VM's name, with its host if several hosts have changes. */
const nameIn = ({ hosts }: Comparison, host: string, vm: string): string => (hosts.length > 1 ? `${host}/${vm}` : vm);

/** The names of the VMs that match a condition. */
export const vmsWith = (
  comparison: Comparison,
  holds: (vm: VmChange, host: HostChange) => boolean,
  nameOf: (vm: VmChange) => string = ({ vm }) => vm,
): readonly string[] =>
  comparison.hosts.flatMap((host) =>
    host.vms.filter((vm) => holds(vm, host)).map((vm) => nameIn(comparison, host.host, nameOf(vm))),
  );

/** The VMs, and the hosts by their own settings, with more or less access. */
export const withAccess = (comparison: Comparison, is: (access: Access) => boolean): readonly string[] => [
  ...comparison.hosts.filter(({ settings }) => is(accessOf(settings))).map(({ host }) => `host ${host}`),
  ...vmsWith(comparison, ({ access }) => is(access)),
];

export const hasMoreAccess = (comparison: Comparison): boolean => withAccess(comparison, isMore).length > 0;

/** VMs whose changes are the same, such as those of a default for all VMs. */
export interface Group {
  readonly names: readonly [string, ...string[]];
  readonly first: VmChange;
}

/** The VMs of a host, grouped by equal changes, in the order of the first VM of each group. */
export const grouped = (vms: readonly VmChange[]): readonly Group[] =>
  [
    ...collect(
      vms.map((change) => {
        const { vm, addresses: _, ...rest } = change;
        return [change.change === "changed" ? JSON.stringify(rest) : vm, change] as const;
      }),
    ).values(),
  ].map(([first, ...others]) => ({ names: [first.vm, ...others.map(({ vm }) => vm)], first }));

/** The counts of a host's VMs by change, such as `1 new, 2 changed, 20 unchanged`. */
export const countsOf = ({ vms, unchanged }: HostChange): string =>
  [
    ...(["new", "gone", "renamed", "moved", "changed"] as const).map(
      (kind) => [vms.filter(({ change }) => change === kind).length, kind] as const,
    ),
    [unchanged, "unchanged"] as const,
  ]
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${String(count)} ${word}`)
    .join(", ");
