import type { VmModel } from "../config/config.js";
import { secretsBy } from "../catalogue/hypervisors.js";
import type { DirectoryPlan, Placed, SharePlan, ShareRole, UserPlan } from "../plan/plan.js";
import type { ConfigPath } from "../problems/problem.js";

/** The folders of the host that a VM stands on; null where the config wants none. */
export interface Folders {
  /** The folder the agent works in. */
  readonly workspace: string | null;
  /** The guest's SSH host keys. */
  readonly sshHostKeys: string | null;
  /** Where the agent keeps its login, or the guest copies it from. */
  readonly agentState: string | null;
  /** Where the agent looks for it in the guest. */
  readonly agentMountPoint: string | null;
  /** What the host hands in at each start, for guests that get it by share. */
  readonly secrets: string | null;
}

/** Names the folders: as written, with `~` as the owner's home, else their defaults. */
export const nameFolders = (name: string, vm: VmModel, owner: UserPlan): Folders => {
  const state = vm.agent === false ? undefined : vm.agent.state;
  return {
    workspace: vm.workspace === false ? null : expandHome(vm.workspace ?? `~/microvm/${name}`, owner),
    // Outside the workspace, so that what runs in the guest cannot read or swap the keys.
    sshHostKeys:
      vm.sshHostKeys === false ? null : expandHome(vm.sshHostKeys ?? `/var/lib/microvm-host-keys/${name}`, owner),
    agentState:
      state === undefined
        ? null
        : `${expandHome(state.directory, owner)}${vm.agentState === "own" ? `-vms/${name}` : ""}`,
    agentMountPoint: state === undefined ? null : expandHome(state.mountPoint ?? state.directory, owner),
    secrets:
      Object.keys(vm.secrets).length === 0 || secretsBy(vm.hypervisor) === "credential" ? null : secretsDirectory(name),
  };
};

/** The host's folder of a running VM's secrets, in memory. */
const secretsDirectory = (name: string): string => `/run/microvm-secrets/${name}`;

export const expandHome = (path: string, owner: UserPlan): string => path.replace(/^~(?=\/)/, owner.homeDirectory);

/** A VM's shares: the store and the folders at fixed tags, then the config's own. */
export const planShares = (
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
    ...builtIn("workspace", folders.workspace, "workspace"),
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

/** Where a guest sees the state that it copies. */
export const agentStateToCopy = "/run/agent-state";
/** How a share is served where the config does not say. */
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
 * The folders the host must have before the VM starts, outermost first: every share's source but the store. They are the
 * owner's, with their parents below the owner's home; host keys are root's, as whom the guest's SSH alone reads them. What
 * other guests may write shows only when all are known (`exposeFolders`).
 */
export const planDirectories = (
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
