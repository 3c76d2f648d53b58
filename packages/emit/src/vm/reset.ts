import { isAbsolute, join, normalize } from "node:path";
import type { FoundVm } from "./find.js";
import { privileged } from "./units.js";

export interface Images {
  /** The images that a reset deletes. */
  readonly own: readonly string[];
  /** The images outside the folder of the VM, and the one with its repository. */
  readonly kept: readonly string[];
  /** The image with its repository; null for a shared workspace. */
  readonly workspace: string | null;
}

/** The disk images of a VM. */
export const imagesOf = ({ name, stateDir, facts }: FoundVm, withWorkspace: boolean): Images => {
  const folder = join(stateDir, name);
  const pathOf = (image: string): string => normalize(isAbsolute(image) ? image : join(folder, image));
  const image = facts?.repository?.image ?? null;
  const workspace = image === null ? null : pathOf(image);
  const paths = (facts?.images ?? []).map(pathOf);
  const isOwn = (path: string): boolean => path.startsWith(`${folder}/`) && (withWorkspace || path !== workspace);
  return { own: paths.filter(isOwn), kept: paths.filter((path) => !isOwn(path)), workspace };
};

/** The user of hypervisors, who owns the images. */
const hypervisorUser = "microvm";

/** Deletes images as their owner, because a compromised hypervisor can replace folders of a path by symlinks. */
export const deleteImages = async (vm: FoundVm, images: readonly string[]): Promise<void> => {
  if (images.length > 0) await privileged(vm.host.machine, ["rm", "-f", "--", ...images], hypervisorUser);
};
