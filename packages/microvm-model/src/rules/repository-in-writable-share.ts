import { placesOf } from "../common/as-mounted.js";
import { expandHome } from "../plan/folders.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";
import type { Rule } from "./rule.js";

/**
 * Your clone is in a writable share
 *
 * `microvm-emit fetch`, `review` and `merge` run Git in your clone. A guest that can write the folder can change
 * `.git/config`, which makes Git run programs as you.
 *
 * If an agent has worked in the folder before, do not use it as your clone, because the agent may have changed its
 * `.git/config` and hooks. Clone it once (`git clone ~/work ~/project`), and use the clone.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24" } },
 *   vms: { one: { workspace: "~/src" }, two: { workspace: { repo: "~/src/project" } } },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24" } },
 *   vms: { one: { workspace: "~/shared" }, two: { workspace: { repo: "~/src/project" } } },
 * }
 * ```
 */
const repositoryInWritableShare = problem("repository-in-writable-share", "error");

export const check: Rule = ({ vms }, { realPath }) => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  const writable = writableFolders(vms, places);
  return vms.flatMap(({ storage: { repository }, guest: { users } }) => {
    if (repository?.clone == null) return [];
    const { value, path } = repository.clone;
    const [outer] = places(expandHome(value, users[0])).flatMap(writable.around);
    return outer === undefined
      ? []
      : [
          repositoryInWritableShare(
            path,
            `${value} is in ${outer.share.source}, where the VM ${outer.vm} can make Git run programs as you`,
            "Clone the repository outside of every share, and use that clone.",
            [{ path: outer.share.path, note: "the share" }],
          ),
        ];
  });
};
