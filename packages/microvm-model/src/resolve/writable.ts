import { type FolderIndex, indexFolders, parentsOf } from "../common/folder-index.js";
import type { SharePlan, VmPlan } from "../plan/plan.js";

/** True if all files of a guest belong to the main user on the host, independent of the guest's user. */
export const isSquashed = ({ proto, readOnly, owners }: Pick<SharePlan, "proto" | "readOnly" | "owners">): boolean =>
  proto === "virtiofs" && !readOnly && owners !== "guest";

/** True for an argument that makes virtiofsd translate owners. */
export const translatesOwners = (argument: unknown): boolean =>
  typeof argument === "string" && /--translate-[ug]id/.test(argument);

/** A folder of the host that a guest may write, and by which share. */
export interface WritableFolder {
  readonly folder: string;
  readonly share: SharePlan;
  readonly vm: string;
}

/** The host folders that these guests can write, at each path of a folder. */
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

/** A path and the folders above it, from below the outermost writable folder: a guest can replace each with a link. */
const pathBelow = ({ around }: FolderIndex<WritableFolder>, path: string): readonly string[] => {
  const outermost = around(path).at(-1)?.folder;
  return outermost === undefined
    ? []
    : [path, ...parentsOf(path)].filter((step) => step.length > outermost.length).reverse();
};

/** The VMs with the parts of their paths that a guest of the host could replace with a link. */
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
