import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** home-manager writes profiles to the guest's store when it activates, which needs a writable one. */
export const homeNeedsWritableStore = (host: HostPlan): readonly Problem[] =>
  host.vms
    .filter((vm) => vm.storage.writableStoreOverlay === null && vm.guest.users.some((user) => user.home.length > 0))
    .map(({ path, name }) =>
      error(
        "home-needs-writable-store",
        [...path, "writableStoreOverlay"],
        `${name} has a home-manager configuration and a read-only store`,
        'Set `writableStoreOverlay`, such as "/nix/.rw-store", or take `home` out.',
      ),
    );
