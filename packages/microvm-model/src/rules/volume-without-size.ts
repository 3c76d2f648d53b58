import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A volume is to be made, of no size
 *
 * An image that is missing is made with its file system, for which the size must be known (microvm.nix throws). An image
 * that is there already needs none, with autoCreate: false.
 *
 * ## Fails
 *
 * ```ts vm
 * { volumes: [{ image: "data.img", mountPoint: "/data" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { volumes: [{ image: "data.img", mountPoint: "/data", sizeMiB: 1024 }] }
 * ```
 */
const volumeWithoutSize = problem("volume-without-size", "error", { isOfAbsence: true });

/** An image that is made has a size (microvm.nix lib/volumes.nix throws). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ sizeMiB, autoCreate }) => sizeMiB === null && autoCreate)
      .map(({ path, image }) =>
        volumeWithoutSize(
          path,
          `${image} is made when it is missing, and nothing says how large`,
          "Set `sizeMiB`, or autoCreate: false for an image that is there already.",
        ),
      ),
  );
