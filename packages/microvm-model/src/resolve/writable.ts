import { type FolderIndex, indexFolders, parentsOf } from "../common/folder-index.js";
import type { SharePlan, VmPlan } from "../plan/plan.js";

/** Whether all that a guest writes is the main user's on the host, whoever in the guest wrote it. */
export const isSquashed = ({ proto, readOnly, owners }: Pick<SharePlan, "proto" | "readOnly" | "owners">): boolean =>
  proto === "virtiofs" && !readOnly && owners !== "guest";

/** Whether an argument has virtiofsd give the host other owners than the guest does. */
export const translatesOwners = (argument: unknown): boolean =>
  typeof argument === "string" && /--translate-[ug]id/.test(argument);

/** A folder of the host that a guest may write, and by which share. */
export interface WritableFolder {
  readonly folder: string;
  readonly share: SharePlan;
  readonly vm: string;
}

/** What these guests may write of the host, at each of the paths that a folder has. */
export const writableFolders = (
  vms: readonly VmPlan[],
  places: (path: string) => readonly string[] = (path) => [path],
): FolderIndex<WritableFolder> =>
  indexFolders(
    vms.flatMap((vm) =>
      vm.storage.shares
        .filter(({ readOnly }) => !readOnly)
        .flatMap((share) => places(share.source).map((folder) => ({ folder, share, vm: vm.name }))),
    ),
  );

/** A path and what leads to it, from below the outermost of the folders that it lies in: a guest can put a link in their place. */
const pathBelow = ({ around }: FolderIndex<WritableFolder>, path: string): readonly string[] => {
  const outermost = around(path).at(-1)?.folder;
  return outermost === undefined
    ? []
    : [path, ...parentsOf(path)].filter((step) => step.length > outermost.length).reverse();
};

/** The guests with what of their folders' paths any guest of the host could replace by a link. */
export const exposeFolders = (vms: readonly VmPlan[]): readonly VmPlan[] => {
  const writable = writableFolders(vms);
  return vms.map((vm) => ({
    ...vm,
    storage: {
      ...vm.storage,
      directories: vm.storage.directories.map((directory) => ({
        ...directory,
        exposed: pathBelow(writable, directory.path),
      })),
    },
  }));
};
