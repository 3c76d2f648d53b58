import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * Every file of a 9p share is root's in the guest
 *
 * With `microvm.optimize.enable`, which is on by default, microvm.nix builds a small QEMU for a guest without graphics,
 * and with that one all files of 9p shares look as if they were root's (microvm.nix#599). virtiofs shows the owners that
 * they have.
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

/** The small QEMU that `optimize` picks shows every file of a 9p share as root's (microvm.nix#599). */
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
              `Every file of ${tag.value} is root's in the guest, with the small QEMU that microvm.nix builds`,
              'Use proto "virtiofs", or set `microvm.optimize.enable` to false.',
            ),
          );
  });
