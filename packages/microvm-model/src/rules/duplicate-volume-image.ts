import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Volume image used twice
 *
 * A file system has one writer. Two guests, or two volumes of one guest, destroy the data of a shared image.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { volumes: [{ image: "/srv/x.img", sizeMiB: 64 }] },
 *     b: { volumes: [{ image: "/srv/x.img", sizeMiB: 64 }] },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   vms: {
 *     a: { volumes: [{ image: "/srv/a.img", sizeMiB: 64 }] },
 *     b: { volumes: [{ image: "/srv/b.img", sizeMiB: 64 }] },
 *   },
 * }
 * ```
 */
const duplicateVolumeImage = problem("duplicate-volume-image", "error");

export const check: Rule = (host) =>
  repeated(
    duplicateVolumeImage,
    "volume image",
    "Use another image file.",
    host.vms.flatMap(({ name, storage: { volumes } }) =>
      volumes.map(({ image, path }) => ({
        value: image.startsWith("/") ? image : `${host.stateDirectory}/${name}/${image}`,
        path: [...path, "image"],
      })),
    ),
  );
