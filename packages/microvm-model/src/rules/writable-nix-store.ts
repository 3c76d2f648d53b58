import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The host's Nix store is shared for writing
 *
 * The daemon that shares a folder runs as root on the host, so root in the guest could change programs that the host runs. Writes
 * of the guest belong on its own overlay, `writableStoreOverlay`, which is there by default.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "nix", source: "/nix", mountPoint: "/host-nix" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { shares: [{ tag: "nix", source: "/nix", mountPoint: "/host-nix", readOnly: true }] }
 * ```
 */
const writableNixStore = problem("writable-nix-store", "error");

/** The host's store is shared for reading only: the article's share could be written by root in the guest. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ name, storage: { shares } }) =>
    shares
      .filter(({ source, readOnly }) => !readOnly && /^\/nix(\/store(\/|$)|$)/.test(source))
      .map(({ path, source }) =>
        writableNixStore(
          path,
          `${name} could change ${source}, from which the host itself runs`,
          "Set readOnly: true.",
        ),
      ),
  );
