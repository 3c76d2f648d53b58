import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * home-manager needs a writable store
 *
 * home-manager writes its profile to the guest's `/nix/store` at boot. `writableStoreOverlay` makes the store writable.
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

export const check: Rule = (host) =>
  host.vms
    .filter((vm) => vm.storage.writableStoreOverlay === null && vm.guest.users.some((user) => user.home.length > 0))
    .map(({ path }) =>
      homeNeedsWritableStore(
        [...path, "writableStoreOverlay"],
        "`home` needs a writable store, and the VM's store is read-only",
        'Set `writableStoreOverlay`, such as "/nix/.rw-store", or remove `home`.',
      ),
    );
