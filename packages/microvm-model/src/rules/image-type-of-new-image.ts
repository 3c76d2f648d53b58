import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * New image is always raw
 *
 * microvm.nix always creates raw images. `imageType` only tells cloud-hypervisor how to read an existing image.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ imageType, autoCreate }) => autoCreate && imageType !== null && imageType !== "raw")
      .map(({ path, image, imageType }) =>
        imageTypeOfNewImage(
          [...path, "imageType"],
          `microvm.nix creates ${image} as a raw image, but reads it as ${String(imageType)}`,
          "Create the image with qemu-img(1) and set autoCreate: false, or remove `imageType`.",
        ),
      ),
  );
