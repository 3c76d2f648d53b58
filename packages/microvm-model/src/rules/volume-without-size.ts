import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * New volume without a size
 *
 * microvm.nix creates a missing image and its file system, so it needs the size (lib/volumes.nix). An existing image
 * needs `autoCreate: false` instead.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ sizeMiB, autoCreate }) => sizeMiB === null && autoCreate)
      .map(({ path, image }) =>
        volumeWithoutSize(
          path,
          `microvm.nix creates ${image} if it is missing, and needs its size`,
          "Set `sizeMiB`, or `autoCreate: false` for an existing image.",
        ),
      ),
  );
