import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Writable share of the Nix store
 *
 * The daemon of a share runs as root on the host, so root in the guest could change programs of the host. A guest writes
 * to its own overlay instead, `writableStoreOverlay`, which every guest has by default.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ storage: { shares } }) =>
    shares
      .filter(({ source, readOnly }) => !readOnly && /^\/nix(\/store(\/|$)|$)/.test(source))
      .map(({ path, source }) =>
        writableNixStore(path, `The guest could change programs of the host in ${source}`, "Set readOnly: true."),
      ),
  );
