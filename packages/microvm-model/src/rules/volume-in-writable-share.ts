import { placesOf } from "../common/as-mounted.js";
import type { ConfigSource } from "./config-source.js";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/** The hypervisor follows a link that a guest put in place of its image, to a disk of another VM. */
export const volumeInWritableShare = (
  { vms, stateDirectory }: HostPlan,
  { realPath }: ConfigSource,
): readonly Problem[] => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  return vms.flatMap((vm) => {
    // `dangerousShare` reports shares of other VMs that hold the image.
    const { around } = writableFolders([vm], places);
    return vm.storage.volumes.flatMap(({ image, path }) => {
      const [outer] = places(image.startsWith("/") ? image : `${stateDirectory}/${vm.name}/${image}`).flatMap(around);
      return outer === undefined
        ? []
        : [
            error(
              "volume-in-writable-share",
              [...path, "image"],
              `${image} lies in ${outer.share.source}, where ${vm.name} could put a link to another file of the host in its place`,
              "Keep the image outside of every share.",
              [{ path: outer.share.path, note: "the share it lies in" }],
            ),
          ];
    });
  });
};
