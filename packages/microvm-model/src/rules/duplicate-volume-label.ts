import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * File system label used twice
 *
 * A guest mounts a labelled volume by its label. With two equal labels, it may mount the wrong one. The image of a
 * guest's own store has the
 * label `nix-store`.
 *
 * ## Fails
 *
 * ```ts vm
 * {
 *   volumes: [
 *     { image: "a.img", mountPoint: "/a", sizeMiB: 1024, label: "data" },
 *     { image: "b.img", mountPoint: "/b", sizeMiB: 1024, label: "data" },
 *   ],
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * {
 *   volumes: [
 *     { image: "a.img", mountPoint: "/a", sizeMiB: 1024, label: "data-a" },
 *     { image: "b.img", mountPoint: "/b", sizeMiB: 1024, label: "data-b" },
 *   ],
 * }
 * ```
 */
const duplicateVolumeLabel = problem("duplicate-volume-label", "error");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ path, storage: { shares, volumes } }) =>
    repeated(duplicateVolumeLabel, "label", "Give the volume another label.", [
      // The image of the store has a label (microvm.nix store-disk.nix).
      ...(shares.some(({ source }) => source === "/nix/store")
        ? []
        : [{ value: "nix-store", path: [...path, "store"] }]),
      ...volumes.flatMap(({ path: volume, label }) =>
        label === null ? [] : [{ value: label, path: [...volume, "label"] }],
      ),
    ]),
  );
