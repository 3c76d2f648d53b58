import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A new image is raw, and is to be read as something else
 *
 * `imageType` tells cloud-hypervisor how to read an image. What microvm.nix makes is a raw image in any case, which
 * cannot be read as another format.
 *
 * ## Fails
 *
 * ```ts vm
 * { volumes: [{ image: "data.img", mountPoint: "/data", sizeMiB: 1024, imageType: "qcow2" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { volumes: [{ image: "/srv/data.qcow2", mountPoint: "/data", autoCreate: false, imageType: "qcow2" }] }
 * ```
 */
const imageTypeOfNewImage = problem("image-type-of-new-image", "error");

/** microvm.nix makes raw images, whatever the hypervisor is told of them (options.nix `imageType`). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ imageType, autoCreate }) => autoCreate && imageType !== null && imageType !== "raw")
      .map(({ path, image, imageType }) =>
        imageTypeOfNewImage(
          [...path, "imageType"],
          `${image} would be made as a raw image, and read as ${String(imageType)}`,
          "Make the image yourself with qemu-img(1) and set autoCreate: false, or leave `imageType` out.",
        ),
      ),
  );
