import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * root owns files of 9p shares
 *
 * For a guest without graphics, `microvm.optimize.enable` (the default) builds a small QEMU. In the guest, root then
 * owns all files of 9p shares (microvm.nix#599). With virtiofs, files keep their owners.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", shares: [{ tag: "data", source: "/srv/data", proto: "9p" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", shares: [{ tag: "data", source: "/srv/data" }] }
 * ```
 */
const shareOwnedByRoot = problem("share-owned-by-root", "warning");

export const check: Rule = (host) =>
  host.vms.flatMap(({ machine: { hypervisor, graphics, options }, storage: { shares } }) => {
    const isOptimized = !options.some(
      ({ option, value }) => option.join(".") === "optimize.enable" && value.kind === "data" && value.data === false,
    );
    return hypervisor !== "qemu" || graphics !== null || !isOptimized
      ? []
      : shares
          .filter(({ proto }) => proto === "9p")
          .map(({ path, tag }) =>
            shareOwnedByRoot(
              [...path, "proto"],
              `With microvm.nix's small QEMU, root owns every file of ${tag.value} in the guest`,
              'Use proto "virtiofs", or set `microvm.optimize.enable` to false.',
            ),
          );
  });
