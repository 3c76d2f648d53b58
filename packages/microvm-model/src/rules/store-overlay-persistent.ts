import type { HostPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";

/** The store's database is not on the overlay: what was built is forgotten, and stands in the way of a changed system (microvm.nix#134, #196). */
export const storeOverlayPersistent = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, volumes, writableStoreOverlay: overlay }) =>
    volumes
      .filter(({ mountPoint }) => mountPoint !== null && overlay !== null && mountPoint.value === overlay)
      .map((volume) =>
        warning(
          "store-overlay-persistent",
          [...path, "writableStoreOverlay"],
          `What the guest writes to its store outlives a restart on ${volume.image}, and its Nix database does not`,
          "Delete the image when the guest's system changes, or leave the overlay in memory.",
          [{ path: volume.path, note: "the volume" }],
        ),
      ),
  );
