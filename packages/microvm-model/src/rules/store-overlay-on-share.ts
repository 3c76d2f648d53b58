import type { HostPlan } from "../plan/plan.js";
import { error, type Problem, warning } from "../problems/problem.js";

/** The kernel's overlayfs takes no 9p as its upper layer, and of virtiofs microvm.nix's shares.md says the same. */
export const storeOverlayOnShare = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ path, storage: { shares, writableStoreOverlay: overlay } }) =>
    shares
      .filter(({ mountPoint: { value } }) => overlay !== null && (value === overlay || overlay.startsWith(`${value}/`)))
      .map((share) =>
        (share.proto === "9p" ? error : warning)(
          "store-overlay-on-share",
          [...path, "writableStoreOverlay"],
          `Writes to the store would go to ${String(overlay)}, which the share ${share.tag.value} brings over ${share.proto}`,
          "Leave them in memory at /nix/.rw-store, or put a volume there.",
          [{ path: share.mountPoint.path, note: "the share" }],
        ),
      ),
  );
