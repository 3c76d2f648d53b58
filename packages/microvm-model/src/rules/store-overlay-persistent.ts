import type { HostPlan, VmPlan, VolumePlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";

/** Whether the volume holds the writes to a guest's store, and nothing else. */
export const isStoreOverlay = ({ storage: { writableStoreOverlay } }: VmPlan, { mountPoint }: VolumePlan): boolean =>
  writableStoreOverlay !== null && mountPoint?.value === writableStoreOverlay;

/**
 * The store's database is not on the overlay: what was built is forgotten, and stands in the way of a changed system
 * (microvm.nix#134, #196). So the host deletes an image that it makes when the guest's system changes.
 */
export const storeOverlayPersistent = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap((vm) =>
    vm.storage.volumes
      .filter((volume) => isStoreOverlay(vm, volume))
      .map((volume) =>
        warning(
          "store-overlay-persistent",
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
