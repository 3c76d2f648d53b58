import { isAbsolute, join, normalize } from "node:path";
import type { FoundVm } from "./find.js";
import { privileged } from "./units.js";

/** The disk images of a VM: those that a reset deletes, and those outside its folder, which it keeps. */
export const imagesOf = ({
  name,
  stateDir,
  facts,
}: FoundVm): { readonly own: readonly string[]; readonly kept: readonly string[] } => {
  const folder = join(stateDir, name);
  const paths = (facts?.images ?? []).map((image) => normalize(isAbsolute(image) ? image : join(folder, image)));
  const isOwn = (path: string): boolean => path.startsWith(`${folder}/`);
  return { own: paths.filter(isOwn), kept: paths.filter((path) => !isOwn(path)) };
};

/** The user of hypervisors, who owns the images. */
const hypervisorUser = "microvm";

/** Deletes images as their owner, because a compromised hypervisor can replace folders of a path by symlinks. */
export const deleteImages = async (vm: FoundVm, images: readonly string[]): Promise<void> => {
  if (images.length > 0) await privileged(vm.host.machine, ["rm", "-f", "--", ...images], hypervisorUser);
};
