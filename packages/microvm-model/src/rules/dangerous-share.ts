import type { ConfigSource } from "../config-source.js";
import { dangersOf } from "../dangerous-folders.js";
import { type FolderIndex, indexFolders } from "../folder-index.js";
import { ownName, settingOf } from "../own-folders.js";
import type { HostPlan, SharePlan, VmPlan } from "../plan.js";
import { type ConfigPath, error, type Problem, type RelatedPlace, warning } from "../problem.js";

/** A VM is there so that an agent has some folders and not all: what holds more than was meant is shared with a reason only. */
export const dangerousShare = (host: HostPlan, source: ConfigSource): readonly Problem[] => {
  const ofTable = tableOf(host);
  const sources = indexFolders(source.sources.map(({ path, what }) => ({ folder: path, what })));
  const owned = indexFolders(host.vms.flatMap(ownOf));
  return host.vms.flatMap(({ shares }, position) =>
    shares.flatMap((share): readonly Problem[] => {
      const danger = ofTable(share) ?? ofSources(sources, share) ?? ofOthers(owned, position, share);
      if (danger === null)
        return share.dangerous === null
          ? []
          : [
              warning(
                "needless-dangerous",
                [...share.path, "dangerous"],
                `Nothing is known to be dangerous about ${share.source}`,
                "Leave `dangerous` out.",
              ),
            ];
      if (share.dangerous !== null) return [];
      const remedy = `${danger.instead ?? "Make a folder for the VM, such as ~/microvm/data"}${reasonAt(share)}.`;
      return [error("dangerous-share", share.path, danger.message, remedy, danger.related)];
    }),
  );
};

interface Danger {
  readonly message: string;
  readonly instead: string | null;
  readonly related: readonly RelatedPlace[];
}

/** By the table of folders that are no guest's, whoever shares them. */
const tableOf = ({ vms: [vm], stateDirectory }: HostPlan): ((share: SharePlan) => Danger | null) => {
  if (vm === undefined) return () => null;
  const [{ name: user, homeDirectory: directory }] = vm.users;
  const dangerOf = dangersOf({ user, directory }, stateDirectory);
  return (share) => {
    const danger = dangerOf({ source: share.source, readOnly: share.readOnly, setting: settingOf(share) });
    return danger === null ? null : { ...danger, related: [] };
  };
};

/** A file or folder, and what it is. */
interface Known {
  readonly folder: string;
  readonly what: string;
}

/** Whoever changes what a host is made of has the next switch run what they like, as root. */
const ofSources = (sources: FolderIndex<Known>, { source, readOnly }: SharePlan): Danger | null => {
  const [found] = readOnly ? [] : related(sources, source);
  return found === undefined
    ? null
    : {
        message: `${source} ${found.how}, which the guest could change`,
        instead: "Keep that where no VM writes",
        related: [],
      };
};

/** What is a VM's own is no other's; of two VMs that name one folder as theirs, the later is told of, once. */
const ofOthers = (owned: FolderIndex<Own>, position: number, share: SharePlan): Danger | null => {
  const isOwn = ownName(share) !== undefined;
  const found = related(owned, share.source);
  if (!isOwn && found.some(({ known, isWithin }) => known.vm.position === position && !isWithin)) return null;
  const other = found.find(
    ({ known: { folder, setting, vm } }) =>
      vm.position !== position &&
      !(isOwn && setting !== null && position < vm.position) &&
      // A login that VMs are to have in common.
      !(setting === "agent" && settingOf(share) === setting && share.source === folder),
  );
  return other === undefined
    ? null
    : {
        message: `${share.source} ${other.how} of the VM ${other.known.vm.name}`,
        instead: isOwn ? "Give each VM one of its own" : null,
        related: [{ path: other.known.path, note: `${other.known.what} of ${other.known.vm.name}` }],
      };
};

interface Related<K> {
  readonly known: K;
  readonly how: string;
  /** Whether it lies in the path. */
  readonly isWithin: boolean;
}

const related = <K extends Known>({ at, around, within }: FolderIndex<K>, path: string): readonly Related<K>[] => [
  ...at(path).map((known) => ({ known, how: `is ${known.what}`, isWithin: false })),
  ...around(path).map((known) => ({ known, how: `lies in ${known.folder}, ${known.what}`, isWithin: false })),
  ...within(path).map((known) => ({ known, how: `holds ${known.folder}, ${known.what}`, isWithin: true })),
];

interface Own extends Known {
  readonly vm: { readonly name: string; readonly position: number };
  readonly path: ConfigPath;
  /** Null for a disk. */
  readonly setting: ReturnType<typeof settingOf> | null;
}

const ownOf = ({ name, shares, volumes }: VmPlan, position: number): readonly Own[] => {
  const vm = { name, position };
  return [
    ...shares.flatMap((share) => {
      const what = ownName(share);
      return what === undefined
        ? []
        : [{ vm, folder: share.source, what, path: share.path, setting: settingOf(share) }];
    }),
    // Those of relative paths lie in VMs' folders, which are no share's at all.
    ...volumes.map(({ image, path }) => ({ vm, folder: image, what: "a disk", path, setting: null })),
  ];
};

/** Where the reason goes, if it must be this folder. */
const reasonAt = (share: SharePlan): string => {
  if (typeof settingOf(share) === "number") return '; if it must be this one, say why: `dangerous: "…"`';
  switch (settingOf(share)) {
    // No share stands for these: the guest's SSH looks for them at their place.
    case "sshHostKeys":
      return "";
    case "workspace":
      return '; if it must be this one, set `workspace: false` and give it in `shares`, with `dangerous: "…"`';
    default:
      return '; if it must be this one, give it in `shares`, with `dangerous: "…"`';
  }
};
