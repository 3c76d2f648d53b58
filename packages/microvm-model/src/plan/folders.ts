import { secretsBy } from "../catalogue/hypervisors.js";
import type { VmModel } from "../config/config.js";
import type { Workspace } from "../config/workspace.js";
import type { UserPlan } from "./users.js";

/** The folders of the host that a VM needs; null without one. */
export interface Folders {
  /** The shared folder the agent works in. */
  readonly workspace: string | null;
  /** The place of it in the guest; null for the same path. */
  readonly workspaceMountPoint: string | null;
  /** The guest's SSH host keys. */
  readonly sshHostKeys: string | null;
  /** The host folder of the agent's login, or the source of a copy. */
  readonly agentState: string | null;
  /** The place of the login in the guest. */
  readonly agentMountPoint: string | null;
  /** The secrets of a guest that gets them by share, renewed at each start. */
  readonly secrets: string | null;
}

/** Names the folders: as written, with `~` as the owner's home, else their defaults. */
export const nameFolders = (name: string, vm: VmModel, owner: UserPlan): Folders => {
  const state = vm.agent === false ? undefined : vm.agent.state;
  const workspace = workspaceOf(vm);
  const isShared = workspace.transport === "share";
  return {
    workspace: isShared ? expandHome(workspace.repo ?? `~/microvm/${name}`, owner) : null,
    workspaceMountPoint: isShared ? (workspace.mountPoint ?? null) : null,
    // Outside the workspace, so that the agent cannot read or swap the keys.
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

/** The workspace in its long form. */
export const workspaceOf = ({
  workspace,
}: Pick<VmModel, "workspace">): Omit<Workspace, "transport"> & { readonly transport: "git" | "share" | "none" } => {
  if (workspace === false) return { transport: "none" };
  if (typeof workspace !== "object") return { repo: workspace, transport: "share" };
  return { ...workspace, transport: workspace.transport ?? (workspace.repo === undefined ? "share" : "git") };
};

/** The host's folder of a running VM's secrets, in memory. */
const secretsDirectory = (name: string): string => `/run/microvm-secrets/${name}`;

export const expandHome = (path: string, owner: UserPlan): string => path.replace(/^~(?=\/)/, owner.homeDirectory);

/** The mount point in the guest of a state that it copies. */
export const agentStateToCopy = "/run/agent-state";
