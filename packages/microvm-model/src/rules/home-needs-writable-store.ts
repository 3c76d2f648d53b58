import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * home-manager needs a writable store
 *
 * home-manager makes a profile when the guest starts, which writes to `/nix/store` of the guest. `writableStoreOverlay`
 * is the folder that takes such writes.
 *
 * ## Fails
 *
 * ```ts vm
 * { home: ["zsh"], writableStoreOverlay: null }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { home: ["zsh"], writableStoreOverlay: "/nix/.rw-store" }
 * ```
 */
const homeNeedsWritableStore = problem("home-needs-writable-store", "error");

/** home-manager writes profiles to the guest's store when it activates, which needs a writable one. */
export const check: Rule = (host) =>
  host.vms
    .filter((vm) => vm.storage.writableStoreOverlay === null && vm.guest.users.some((user) => user.home.length > 0))
    .map(({ path, name }) =>
      homeNeedsWritableStore(
        [...path, "writableStoreOverlay"],
        `${name} has a home-manager configuration and a read-only store`,
        'Set `writableStoreOverlay`, such as "/nix/.rw-store", or take `home` out.',
      ),
    );
