import { dangerOf, lies } from "../dangerous-folders.js";
import type { HostPlan, SharePlan, VmPlan } from "../plan.js";
import { error, type Problem, type RelatedPlace, warning } from "../problem.js";
import { isWorkspace } from "../resolve/writable.js";

/** A VM is there so that an agent has some folders and not all: what holds more than was meant is shared with a reason only. */
export const dangerousShare = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap((vm, position) =>
    vm.shares.flatMap((share): readonly Problem[] => {
      const danger = ofTable(host, vm, share) ?? ofWorkspaces(host.vms, position, share);
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
      const remedy = `${danger.instead ?? "Make a folder for the VM, such as ~/microvm/data"}; ${reasonAt(share)}.`;
      return [error("dangerous-share", share.path, danger.message, remedy, danger.related)];
    }),
  );

interface Danger {
  readonly message: string;
  readonly instead: string | null;
  readonly related: readonly RelatedPlace[];
}

const ofTable = ({ stateDirectory }: HostPlan, vm: VmPlan, { source, readOnly, path }: SharePlan): Danger | null => {
  const [{ name: user, homeDirectory: directory }] = vm.users;
  const setting = path[vm.path.length];
  const danger = dangerOf({ source, readOnly, setting }, { user, directory }, stateDirectory);
  return danger === null ? null : { ...danger, related: [] };
};

/** What a VM's agent works on is no other's; of two VMs that work in one folder, the later is told of, once. */
const ofWorkspaces = (vms: readonly VmPlan[], position: number, share: SharePlan): Danger | null => {
  const own = vms[position]?.workspace ?? null;
  if (!isWorkspace(share) && own !== null && lies(share.source, own)) return null;
  for (const [at, { name, shares }] of vms.entries()) {
    const workspace = shares.find(isWorkspace);
    if (at === position || workspace === undefined || (isWorkspace(share) && position < at)) continue;
    const how = relationOf(share.source, workspace.source);
    if (how !== null)
      return {
        message: `${share.source} ${how} of the VM ${name}`,
        instead: null,
        related: [{ path: workspace.path, note: `the workspace of ${name}` }],
      };
  }
  return null;
};

const relationOf = (source: string, workspace: string): string | null => {
  if (source === workspace) return "is the workspace";
  if (lies(source, workspace)) return `lies in ${workspace}, the workspace`;
  return lies(workspace, source) ? `holds ${workspace}, the workspace` : null;
};

/** Where the reason goes, if it must be this folder. */
const reasonAt = (share: SharePlan): string => {
  if (share.path.at(-2) === "shares") return 'if it must be this one, say why: `dangerous: "…"`';
  return isWorkspace(share)
    ? 'if it must be this one, set `workspace: false` and give it in `shares`, with `dangerous: "…"`'
    : 'if it must be this one, give it in `shares`, with `dangerous: "…"`';
};
