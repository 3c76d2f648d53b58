import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";
import { builtInShares } from "../resolve/built-in-shares.js";
import { isSquashed } from "../resolve/writable.js";

/**
 * A share for the guest's system gives all of it to the user
 *
 * All that a guest writes to a share is the host's user's, so that its root can leave nothing of root's there. What a guest's system
 * keeps in `/var`, `/etc` and the like has many owners: services refuse to start, or SSH to let anyone in. A volume keeps owners, and no file of it
 * is one of the host's. With `owners: "guest"` a share keeps them too, and root of the guest can leave setuid programs and devices on the host.
 *
 * ## Fails
 *
 * ```ts vm
 * { volumes: [], shares: [{ tag: "var", source: "/srv/var", mountPoint: "/var" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { volumes: [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192 }] }
 * ```
 */
const squashedSystemFolder = problem("squashed-system-folder", "warning");

/** The folders of a guest's system have many owners, and root among them. */
export const check: Rule = (host) =>
  host.vms.flatMap((vm) =>
    builtInShares(vm)
      .filter((share) => isSquashed(share) && share.source !== "/nix/store")
      .map(({ path, mountPoint }) =>
        squashedSystemFolder(
          path,
          `All that the guest keeps in ${mountPoint.value} is ${vm.guest.users[0].name}'s, and its services would not own their files`,
          'Put a volume there, or set the share\'s owners: "guest".',
          mountPoint.path === path ? [] : [{ path: mountPoint.path, note: "where it is mounted" }],
        ),
      ),
  );
