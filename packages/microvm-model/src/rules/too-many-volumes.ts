import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Too many volumes
 *
 * microvm.nix names disks `/dev/vda` to `/dev/vdz`, starting with the image of the store. It silently drops further
 * volumes: the limit is 26 with a shared store, and 25 with a store disk (lib/default.nix).
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ path, storage: { shares, volumes } }) => {
    const most = shares.some(({ source }) => source === "/nix/store") ? 26 : 25;
    return volumes.length <= most
      ? []
      : [
          tooManyVolumes(
            [...path, "volumes"],
            `The VM has ${String(volumes.length)} volumes, and microvm.nix drops all after the first ${String(most)}`,
            "Use one volume for several folders.",
          ),
        ];
  });
