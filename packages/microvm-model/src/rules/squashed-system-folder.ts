import type { HostPlan } from "../plan/plan.js";
import { type Problem, warning } from "../problems/problem.js";
import { builtInShares } from "../resolve/built-in-shares.js";
import { isSquashed } from "../resolve/writable.js";

/** The folders of a guest's system have many owners, and root among them. */
export const squashedSystemFolder = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap((vm) =>
    builtInShares(vm)
      .filter((share) => isSquashed(share) && share.source !== "/nix/store")
      .map(({ path, mountPoint }) =>
        warning(
          "squashed-system-folder",
          path,
          `All that the guest keeps in ${mountPoint.value} is ${vm.guest.users[0].name}'s, and its services would not own their files`,
          'Put a volume there, or set the share\'s owners: "guest".',
          mountPoint.path === path ? [] : [{ path: mountPoint.path, note: "where it is mounted" }],
        ),
      ),
  );
