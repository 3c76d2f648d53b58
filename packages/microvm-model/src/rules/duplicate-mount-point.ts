import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Mount point used twice
 *
 * Of two shares or volumes with one mount point, the guest sees only one. NixOS stores `fileSystems` by mount point, so
 * microvm.nix silently keeps the last one.
 *
 * ## Fails
 *
 * ```ts vm
 * {
 *   shares: [
 *     { tag: "a", source: "/srv/a", mountPoint: "/data" },
 *     { tag: "b", source: "/srv/b", mountPoint: "/data" },
 *   ],
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   shares: [
 *     { tag: "a", source: "/srv/a", mountPoint: "/data/a" },
 *     { tag: "b", source: "/srv/b", mountPoint: "/data/b" },
 *   ],
 * }
 * ```
 */
const duplicateMountPoint = problem("duplicate-mount-point", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ storage: { shares, volumes } }) =>
    repeated(
      duplicateMountPoint,
      "mount point",
      "Set another mount point.",
      [...shares, ...volumes].flatMap(({ mountPoint }) =>
        mountPoint === null ? [] : [{ ...mountPoint, value: mountPoint.value.replace(/(?<=.)\/+$/, "") }],
      ),
    ),
  );
