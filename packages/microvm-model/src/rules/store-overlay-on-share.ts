import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Store overlay on a share
 *
 * Writes to `/nix/store` go to the upper layer of an overlay. The kernel does not accept 9p there. microvm.nix's
 * shares.md says the same about virtiofs, although its code allows it. Memory and volumes work.
 *
 * ## Fails
 *
 * ```ts vm
 * { writableStoreOverlay: "/nix/.rw-store", shares: [{ tag: "rw", source: "/srv/rw", mountPoint: "/nix/.rw-store" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { writableStoreOverlay: "/nix/.rw-store" }
 * ```
 */
const storeOverlayOnShare = problem("store-overlay-on-share", "error or warning");

export const check: Rule = ({ vms }) =>
  vms.flatMap(({ path, storage: { shares, writableStoreOverlay: overlay } }) =>
    shares
      .filter(({ mountPoint: { value } }) => overlay !== null && (value === overlay || overlay.startsWith(`${value}/`)))
      .map((share) =>
        storeOverlayOnShare[share.proto === "9p" ? "error" : "warning"](
          [...path, "writableStoreOverlay"],
          `${String(overlay)} is on the share ${share.tag.value} (${share.proto}), which overlayfs cannot write to`,
          "Keep it in memory at /nix/.rw-store, or mount a volume there.",
          [{ path: share.mountPoint.path, note: "the share" }],
        ),
      ),
  );
