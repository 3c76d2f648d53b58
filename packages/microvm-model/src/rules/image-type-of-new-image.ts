import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** microvm.nix makes raw images, whatever the hypervisor is told of them (options.nix `imageType`). */
export const imageTypeOfNewImage = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ imageType, autoCreate }) => autoCreate && imageType !== null && imageType !== "raw")
      .map(({ path, image, imageType }) =>
        error(
          "image-type-of-new-image",
          [...path, "imageType"],
          `${image} would be made as a raw image, and read as ${String(imageType)}`,
          "Make the image yourself with qemu-img(1) and set autoCreate: false, or leave `imageType` out.",
        ),
      ),
  );
