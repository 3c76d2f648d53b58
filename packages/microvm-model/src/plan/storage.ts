import type { HostModel, VmModel } from "../config/config.js";
import type { ConfigPath } from "../problems/problem.js";
import type { NixText } from "../scalars/terms.js";
import { agentStateToCopy, expandHome, type Folders, workspaceOf } from "./folders.js";
import type { Placed } from "./placed.js";
import type { UserPlan } from "./users.js";

/** Shares, disks and their folders on the host. */
export interface StoragePlan {
  /** Folders of the host, the built-in ones first. */
  readonly shares: readonly SharePlan[];
  /** Disk images. */
  readonly volumes: readonly VolumePlan[];
  /**
   * The file system and flags of a disk with the guest's Nix store; null for a share, or for the defaults of
   * microvm.nix.
   */
  readonly storeDisk: { readonly type: "erofs" | "squashfs"; readonly flags: readonly NixText[] | null } | null;
  /** The folder in the guest for additions to the Nix store; null if the store is read-only. */
  readonly writableStoreOverlay: string | null;
  /** Host folders made before the VM starts, outermost first. */
  readonly directories: readonly DirectoryPlan[];
  /** The host folder of the guest's SSH host keys, one of `directories`. */
  readonly sshHostKeys: string | null;
  /** The host folder that the agent works in; null with a repository, or without a workspace. */
  readonly workspace: string | null;
  /** The repository on a disk of the VM that the agent works in. */
  readonly repository: RepositoryPlan | null;
}

/** The workspace of a VM as a Git repository on its own disk. */
export interface RepositoryPlan {
  /** Its place in the guest. */
  readonly mountPoint: Placed<string>;
  /** The clone of the user, as written, below `~/` or absolute; null for the one in which a command runs. */
  readonly clone: Placed<string> | null;
}

/** A folder of the host in the guest. */
export interface SharePlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its role. */
  readonly role: ShareRole;
  /** The name of the share for the guest. */
  readonly tag: Placed<string>;
  /** The folder on the host. */
  readonly source: string;
  /** The folder in the guest. */
  readonly mountPoint: Placed<string>;
  /** True if the guest cannot write to it. */
  readonly readOnly: boolean;
  /** True if the guest mounts it in its initrd. */
  readonly neededForBoot: boolean;
  /** `"squash"`: the host's user owns all files. `"guest"`: files keep the owners of the guest. Null without virtiofs. */
  readonly owners: "squash" | "guest" | null;
  /** The reason for a dangerous share. */
  readonly dangerous: string | null;
  /** The protocol. */
  readonly proto: "virtiofs" | "9p";
  /** The cache policy of virtiofsd; null for the default. */
  readonly cache: string | null;
  /** The security model of 9p; null for the default. */
  readonly securityModel: string | null;
  /** True for POSIX ACLs; null for the default of virtiofsd. */
  readonly posixAcl: boolean | null;
  /** The socket of virtiofsd; null for the default. */
  readonly socket: string | null;
  /** More arguments of virtiofsd. */
  readonly extraArgs: readonly NixText[];
}

/** A share that each VM may have once, or one of the config's own. */
export type ShareRole = "store" | "sshHostKeys" | "agent" | "secrets" | "workspace" | "own";

/** A disk image. */
export interface VolumePlan {
  /** The part of the config, for problems. */
  readonly path: ConfigPath;
  /** Its file on the host, absolute or in the VM's folder. */
  readonly image: string;
  /** The folder in the guest; null if the guest does not mount it. */
  readonly mountPoint: Placed<string> | null;
  /** The size of a new image in MiB; null if it is never created. */
  readonly sizeMiB: number | null;
  /** The file system. */
  readonly fsType: string;
  /** True if the guest cannot write to it. */
  readonly readOnly: boolean;
  /** True if the guest mounts it in its initrd. */
  readonly neededForBoot: boolean;
  /** True to create a missing image. */
  readonly autoCreate: boolean;
  /** The label of the file system; null without one. */
  readonly label: string | null;
  /** The serial number of the disk; null without one. */
  readonly serial: string | null;
  /** True to bypass the page cache of the host. */
  readonly direct: boolean;
  /** The format of the image; null for the default. */
  readonly imageType: string | null;
  /** More arguments of mkfs. */
  readonly mkfsExtraArgs: readonly string[];
}

/** A folder of the host that exists before the VM starts. */
export interface DirectoryPlan {
  /** Its absolute path. */
  readonly path: string;
  /** Root, or the main user with its primary group. */
  readonly owner: "root" | "user";
  /** Octal, as in `0755`. */
  readonly mode: string;
  /**
   * The parts of its path that a guest could replace with a link, because they are in a writable share; outermost
   * first.
   */
  readonly exposed: readonly string[];
}

/** The storage of a VM, in its folder below the host's `stateDirectory`. */
export const planStorage = (
  name: string,
  vm: VmModel,
  folders: Folders,
  owner: UserPlan,
  { stateDirectory }: HostModel,
  path: ConfigPath,
): StoragePlan => {
  const shares = planShares(vm, folders, owner, path, `${stateDirectory}/${name}`);
  const volumes = vm.volumes.map((volume, position) => planVolume(volume, [...path, "volumes", position]));
  const repository = planRepository(vm, path);
  return {
    shares,
    volumes: repository === null || isOnVolume(repository, volumes) ? volumes : [...volumes, volumeOf(repository)],
    storeDisk: typeof vm.store === "string" ? null : { type: vm.store.disk, flags: vm.store.flags ?? null },
    writableStoreOverlay: vm.writableStoreOverlay,
    directories: planDirectories(shares, folders, owner),
    sshHostKeys: folders.sshHostKeys,
    workspace: folders.workspace,
    repository,
  };
};

const planRepository = (vm: VmModel, path: ConfigPath): RepositoryPlan | null => {
  const { transport, repo, mountPoint = "/workspace" } = workspaceOf(vm);
  if (transport !== "git") return null;
  const place = [...path, "workspace"];
  return {
    mountPoint: { value: mountPoint, path: [...place, "mountPoint"] },
    clone: repo === undefined ? null : { value: repo, path: [...place, "repo"] },
  };
};

/** True if the config has a disk at the repository, or above it. */
const isOnVolume = ({ mountPoint: { value } }: RepositoryPlan, volumes: readonly VolumePlan[]): boolean =>
  volumes.some(
    ({ mountPoint }) =>
      mountPoint !== null && (mountPoint.value === "/" || `${value}/`.startsWith(`${mountPoint.value}/`)),
  );

/** The disk of a repository. The image is sparse, so its size is only a limit. */
const volumeOf = ({ mountPoint }: RepositoryPlan): VolumePlan => ({
  ...planVolume(
    { image: workspaceImage, sizeMiB: 16384, fsType: "ext4", readOnly: false, neededForBoot: false },
    mountPoint.path.slice(0, -1),
  ),
  mountPoint,
});

const workspaceImage = "workspace.img";

/** A VM's shares: the store and the folders at fixed tags, then the config's own. */
const planShares = (
  vm: VmModel,
  folders: Folders,
  owner: UserPlan,
  path: ConfigPath,
  vmFolder: string,
): readonly SharePlan[] => {
  const builtIn = (
    tag: string,
    source: string | null,
    role: Exclude<ShareRole, "own">,
    options: BuiltIn = {},
  ): readonly SharePlan[] => {
    if (source === null) return [];
    const place = [...path, role];
    const placed = (value: string): Placed<string> => ({ value, path: place });
    const { mountPoint = source, readOnly = false } = options;
    return [
      {
        path: place,
        role,
        tag: placed(tag),
        source,
        mountPoint: placed(mountPoint),
        readOnly,
        neededForBoot: false,
        proto: "virtiofs" as const,
        ...defaultService,
      },
    ];
  };
  return [
    ...builtIn("ro-store", vm.store === "share" ? "/nix/store" : null, "store", {
      mountPoint: "/nix/.ro-store",
      readOnly: true,
    }),
    ...builtIn("ssh-keys", folders.sshHostKeys, "sshHostKeys", { mountPoint: "/etc/ssh/host-keys", readOnly: true }),
    ...builtIn(vm.agent === false ? "" : (vm.agent.state?.tag ?? ""), folders.agentState, "agent", {
      ...(folders.agentMountPoint === null ? {} : { mountPoint: folders.agentMountPoint }),
      ...(vm.agentState === "copy" && { mountPoint: agentStateToCopy, readOnly: true }),
    }),
    ...builtIn("secrets", folders.secrets, "secrets", { mountPoint: "/run/host-secrets", readOnly: true }),
    ...builtIn("workspace", folders.workspace, "workspace", {
      ...(folders.workspaceMountPoint === null ? {} : { mountPoint: folders.workspaceMountPoint }),
    }),
    ...vm.shares.map(({ tag, source: written, mountPoint, readOnly, neededForBoot, proto, ...service }, position) => {
      const place = [...path, "shares", position];
      const source = /^[/~]/.test(written) ? expandHome(written, owner) : `${vmFolder}/${written}`;
      return {
        path: place,
        role: "own" as const,
        tag: { value: tag, path: [...place, "tag"] },
        source,
        mountPoint:
          mountPoint === undefined
            ? { value: source, path: [...place, "source"] }
            : { value: mountPoint, path: [...place, "mountPoint"] },
        readOnly,
        neededForBoot,
        owners: service.owners ?? null,
        dangerous: service.dangerous ?? null,
        proto,
        cache: service.cache ?? null,
        securityModel: service.securityModel ?? null,
        posixAcl: service.posixAcl ?? null,
        socket: service.socket ?? null,
        extraArgs: service.extraArgs,
      };
    }),
  ];
};

/** The defaults of a share. */
const defaultService = {
  owners: null,
  dangerous: null,
  cache: null,
  securityModel: null,
  posixAcl: null,
  socket: null,
  extraArgs: [],
} as const;

interface BuiltIn {
  readonly mountPoint?: string;
  readonly readOnly?: boolean;
}

/**
 * The host folders to create before the VM starts, outermost first: the source of every share except the store. The
 * owner gets them, with missing parents below its home; root gets the host keys, which only SSH of the guest reads.
 * `exposeFolders` adds the paths that other guests can write.
 */
const planDirectories = (
  shares: readonly SharePlan[],
  folders: Folders,
  { homeDirectory }: UserPlan,
): readonly DirectoryPlan[] => {
  const directories = new Map<string, DirectoryPlan>();
  const home = `${homeDirectory}/`;
  for (const { source } of shares) {
    if (source === "/nix/store" || source === folders.secrets) continue;
    const inHome = source.startsWith(home);
    for (let slash = source.indexOf("/", home.length); inHome && slash > 0; slash = source.indexOf("/", slash + 1)) {
      const parent = source.slice(0, slash);
      if (!directories.has(parent)) directories.set(parent, { path: parent, owner: "user", mode: "0755", exposed: [] });
    }
    const isPrivate = source === folders.sshHostKeys || source === folders.agentState;
    const owner = source === folders.sshHostKeys ? "root" : "user";
    directories.set(source, { path: source, owner, mode: isPrivate ? "0700" : "0755", exposed: [] });
  }
  return [...directories.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
};

const planVolume = (
  { image, mountPoint, fsType, readOnly, neededForBoot, ...disk }: VmModel["volumes"][number],
  path: ConfigPath,
): VolumePlan => ({
  path,
  image,
  mountPoint: mountPoint === undefined ? null : { value: mountPoint, path: [...path, "mountPoint"] },
  sizeMiB: disk.sizeMiB ?? null,
  fsType,
  readOnly,
  neededForBoot,
  autoCreate: disk.autoCreate ?? true,
  label: disk.label ?? null,
  serial: disk.serial ?? null,
  direct: disk.direct ?? false,
  imageType: disk.imageType ?? null,
  mkfsExtraArgs: disk.mkfsExtraArgs ?? [],
});
