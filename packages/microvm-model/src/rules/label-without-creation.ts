import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Nobody labels the volume
 *
 * A volume gets its label when its file system is made. With autoCreate: false nothing is made, and the guest waits for
 * a disk with that label until the start fails (microvm.nix warns of it).
 *
 * ## Fails
 *
 * ```ts vm
 * { volumes: [{ image: "/srv/disk.img", mountPoint: "/data", autoCreate: false, label: "data" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { volumes: [{ image: "data.img", mountPoint: "/data", sizeMiB: 1024, label: "data" }] }
 * ```
 */
const labelWithoutCreation = problem("label-without-creation", "warning");

/** A label is given when the file system is made (microvm.nix lib/volumes.nix warns). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ label, autoCreate }) => label !== null && !autoCreate)
      .map(({ path, label, image }) =>
        labelWithoutCreation(
          [...path, "label"],
          `Nobody labels ${image}, which is not made here, and the guest looks for the label ${String(label)}`,
          "Label the file system yourself, with e2label(8) or the like, or leave `label` out.",
        ),
      ),
  );
