import type { SharePlan, VmPlan } from "../plan.js";

/** Whether all that a guest writes is the main user's on the host, whoever in the guest wrote it. */
export const isSquashed = ({ proto, readOnly, owners }: Pick<SharePlan, "proto" | "readOnly" | "owners">): boolean =>
  proto === "virtiofs" && !readOnly && owners !== "guest";

/** Whether an argument has virtiofsd give the host other owners than the guest does. */
export const translatesOwners = (argument: unknown): boolean =>
  typeof argument === "string" && /--translate-[ug]id/.test(argument);

/** A folder of the host that a guest may write, and by which share. */
export interface WritableFolder {
  readonly share: SharePlan;
  readonly vm: string;
}

/** What these guests may write of the host, by the folder's path; the first that may stands for all. */
export const writableFolders = (vms: readonly VmPlan[]): ReadonlyMap<string, WritableFolder> =>
  new Map(
    vms
      .flatMap((vm) => vm.shares.filter(({ readOnly }) => !readOnly).map((share) => ({ share, vm: vm.name })))
      .reverse()
      .map((folder) => [folder.share.source, folder]),
  );

/** The nearest of the folders that a path lies in, itself left out: its guest can put a link in the path's place. */
export const folderAround = (
  folders: ReadonlyMap<string, WritableFolder>,
  path: string,
): WritableFolder | undefined => {
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    const folder = folders.get(path.slice(0, slash));
    if (folder !== undefined) return folder;
  }
  return undefined;
};

/** A path and what leads to it, from below the outermost of the folders that it lies in. */
const pathBelow = (folders: ReadonlyMap<string, WritableFolder>, path: string): readonly string[] => {
  const steps = path.split("/").map((_, at, names) => names.slice(0, at + 1).join("/"));
  const outermost = steps.slice(0, -1).findIndex((step) => folders.has(step));
  return outermost < 0 ? [] : steps.slice(outermost + 1);
};

/** The guests with what of their folders' paths any guest of the host could replace by a link. */
export const exposeFolders = (vms: readonly VmPlan[]): readonly VmPlan[] => {
  const writable = writableFolders(vms);
  return vms.map((vm) => ({
    ...vm,
    directories: vm.directories.map((directory) => ({
      ...directory,
      exposed: pathBelow(writable, directory.path),
    })),
  }));
};
