import type { Rule } from "./rule.js";
import { placesOf } from "../common/as-mounted.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * An image lies in a writable share
 *
 * The guest can replace the image by a link. At its next start the hypervisor would open the file that the link names, such as the disk of
 * another VM.
 *
 * ## Fails
 *
 * ```ts vm
 * { workspace: "~/work", volumes: [{ image: "/home/alice/work/data.img", mountPoint: "/data", sizeMiB: 1024 }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { workspace: "~/work", volumes: [{ image: "data.img", mountPoint: "/data", sizeMiB: 1024 }] }
 * ```
 */
const volumeInWritableShare = problem("volume-in-writable-share", "error");

/** The hypervisor follows a link that a guest put in place of its image, to a disk of another VM. */
export const check: Rule = ({ vms, stateDirectory }, { realPath }) => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  return vms.flatMap((vm) => {
    // `dangerousShare` reports shares of other VMs that hold the image.
    const { around } = writableFolders([vm], places);
    return vm.storage.volumes.flatMap(({ image, path }) => {
      const [outer] = places(image.startsWith("/") ? image : `${stateDirectory}/${vm.name}/${image}`).flatMap(around);
      return outer === undefined
        ? []
        : [
            volumeInWritableShare(
              [...path, "image"],
              `${image} lies in ${outer.share.source}, where ${vm.name} could put a link to another file of the host in its place`,
              "Keep the image outside of every share.",
              [{ path: outer.share.path, note: "the share it lies in" }],
            ),
          ];
    });
  });
};
