import type { Rule } from "./rule.js";
import { placesOf } from "../common/as-mounted.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * Image in a writable share
 *
 * The guest can replace the image with a symlink. At the next start, the hypervisor would open the target, such as the
 * disk of another VM.
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

export const check: Rule = ({ vms, stateDirectory }, { realPath }) => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  return vms.flatMap((vm) => {
    // `dangerous-share` reports shares of other VMs that contain the image.
    const { around } = writableFolders([vm], places);
    return vm.storage.volumes.flatMap(({ image, path }) => {
      const [outer] = places(image.startsWith("/") ? image : `${stateDirectory}/${vm.name}/${image}`).flatMap(around);
      return outer === undefined
        ? []
        : [
            volumeInWritableShare(
              [...path, "image"],
              `${image} is in ${outer.share.source}, where the VM ${vm.name} could replace it with a symlink to another file of the host`,
              "Keep the image outside of every share.",
              [{ path: outer.share.path, note: "the share" }],
            ),
          ];
    });
  });
};
