import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The guest has more volumes than there are letters for disks
 *
 * microvm.nix names disks `/dev/vda` to `/dev/vdz`, the image of the store first, and silently leaves out the volumes
 * for which no letter is left: 26 with a shared store, 25 with one on a disk.
 *
 * ## Fails
 *
 * ```ts vm
 * { volumes: Array.from({ length: 27 }, (_, n) => ({ image: `${n}.img`, sizeMiB: 10, mountPoint: `/mnt/${n}` })) }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { volumes: Array.from({ length: 26 }, (_, n) => ({ image: `${n}.img`, sizeMiB: 10, mountPoint: `/mnt/${n}` })) }
 * ```
 */
const tooManyVolumes = problem("too-many-volumes", "error");

/** Disks are named by one letter each, of which the store's takes the first; microvm.nix drops the rest (lib/default.nix). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ path, name, storage: { shares, volumes } }) => {
    const most = shares.some(({ source }) => source === "/nix/store") ? 26 : 25;
    return volumes.length <= most
      ? []
      : [
          tooManyVolumes(
            [...path, "volumes"],
            `${name} has ${String(volumes.length)} volumes, and microvm.nix would leave out all after the first ${String(most)}`,
            "Put several folders on one volume.",
          ),
        ];
  });
