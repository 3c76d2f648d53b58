import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Label on an existing image
 *
 * microvm.nix sets the label when it creates the file system. With `autoCreate: false`, it creates none, and the guest
 * waits for a disk with that label until boot fails (microvm.nix lib/volumes.nix).
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { volumes } }) =>
    volumes
      .filter(({ label, autoCreate }) => label !== null && !autoCreate)
      .map(({ path, label, image }) =>
        labelWithoutCreation(
          [...path, "label"],
          `The guest looks for the label ${String(label)}, but microvm.nix does not create or label ${image}`,
          "Label the file system yourself, such as with e2label(8), or remove `label`.",
        ),
      ),
  );
