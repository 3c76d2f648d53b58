import type { Rule } from "./rule.js";
import type { VmPlan, VolumePlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * Store overlay survives a restart
 *
 * If `writableStoreOverlay` is on a volume, the volume keeps store paths that the guest built, but the guest's Nix
 * database forgets them at each restart (microvm.nix shares.md, #134, #196). Stale paths can prevent a changed system
 * from booting. So when the guest's system changes, the host deletes the image before the next start, and `autoCreate`
 * creates it again.
 *
 * ## Fails
 *
 * ```ts vm
 * { volumes: [{ image: "rw.img", mountPoint: "/nix/.rw-store", sizeMiB: 8192 }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { volumes: [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192 }] }
 * ```
 */
const storeOverlayPersistent = problem("store-overlay-persistent", "warning");

/** True for a volume that only contains writes to the guest's store. */
export const isStoreOverlay = ({ storage: { writableStoreOverlay } }: VmPlan, { mountPoint }: VolumePlan): boolean =>
  writableStoreOverlay !== null && mountPoint?.value === writableStoreOverlay;

export const check: Rule = (host) =>
  host.vms.flatMap((vm) =>
    vm.storage.volumes
      .filter((volume) => isStoreOverlay(vm, volume))
      .map((volume) =>
        storeOverlayPersistent(
          [...vm.path, "writableStoreOverlay"],
          volume.autoCreate
            ? `${volume.image} keeps store paths that the guest's Nix database forgets at each restart; the host deletes the image when the guest's system changes`
            : `${volume.image} keeps store paths that the guest's Nix database forgets at each restart, even when the guest's system changes`,
          volume.autoCreate
            ? "Remove the volume to keep the overlay in memory."
            : "Delete the image when the guest's system changes, or set `autoCreate: true`.",
          [{ path: volume.path, note: "the volume" }],
        ),
      ),
  );
