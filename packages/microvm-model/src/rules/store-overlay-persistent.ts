import type { Rule } from "./rule.js";
import type { VmPlan, VolumePlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * The store's overlay outlives a restart
 *
 * With `writableStoreOverlay` on a volume, the volume keeps the store paths that a guest built, but the guest's Nix database forgets them at each restart (microvm.nix
 * shares.md, #134, #196). Stale paths can keep a changed system from starting. So the host deletes the image before the next
 * start when the guest's system has changed, and `autoCreate` makes it anew.
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

/** Whether the volume holds the writes to a guest's store, and nothing else. */
export const isStoreOverlay = ({ storage: { writableStoreOverlay } }: VmPlan, { mountPoint }: VolumePlan): boolean =>
  writableStoreOverlay !== null && mountPoint?.value === writableStoreOverlay;

/**
 * The store's database is not on the overlay: what was built is forgotten, and stands in the way of a changed system
 * (microvm.nix#134, #196). So the host deletes an image that it makes when the guest's system changes.
 */
export const check: Rule = (host) =>
  host.vms.flatMap((vm) =>
    vm.storage.volumes
      .filter((volume) => isStoreOverlay(vm, volume))
      .map((volume) =>
        storeOverlayPersistent(
          [...vm.path, "writableStoreOverlay"],
          volume.autoCreate
            ? `${volume.image} keeps store paths that the guest's Nix database forgets at each restart, and is emptied when its system changes`
            : `${volume.image} keeps store paths that the guest's Nix database forgets at each restart, also when its system changes`,
          volume.autoCreate
            ? "Remove the volume to keep the overlay in memory."
            : "Delete the image when the guest's system changes, or set `autoCreate: true`.",
          [{ path: volume.path, note: "the volume" }],
        ),
      ),
  );
