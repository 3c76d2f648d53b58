import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";
import { builtInShares } from "../resolve/built-in-shares.js";
import { isSquashed } from "../resolve/writable.js";

/**
 * System folder owned by one user
 *
 * The host's user owns all files that a guest writes to a share, so that the guest's root cannot leave files of root on
 * the host. But `/var`, `/etc` and similar folders need many owners: services refuse to start, and sshd refuses logins.
 * A volume keeps owners. With `owners: "guest"` a share keeps them too, but the guest's root can then leave setuid
 * programs and devices on the host.
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

export const check: Rule = (host) =>
  host.vms.flatMap((vm) =>
    builtInShares(vm)
      .filter((share) => isSquashed(share) && share.source !== "/nix/store")
      .map(({ path, mountPoint }) =>
        squashedSystemFolder(
          path,
          `${vm.guest.users[0].name} owns all files in ${mountPoint.value}, so services of the guest cannot own theirs`,
          'Mount a volume there, or set owners: "guest" on the share.',
          mountPoint.path === path ? [] : [{ path: mountPoint.path, note: "the mount point" }],
        ),
      ),
  );
