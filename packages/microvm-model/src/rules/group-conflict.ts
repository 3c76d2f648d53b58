import type { Rule } from "./rule.js";
import { type Problem, problem } from "../problems/problem.js";

/**
 * A group has two gids, or a gid two groups
 *
 * virtiofs carries numeric ids between host and guest, so a group has to have one id and an id one group. Each user
 * brings its primary group.
 *
 * ## Fails
 *
 * ```ts vm
 * { groups: { dev: { gid: 2000 }, data: { gid: 2000 } } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { groups: { dev: { gid: 2000 }, data: { gid: 2001 } } }
 * ```
 */
const groupConflict = problem("group-conflict", "error");

/** A group has one gid, and a gid one group. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ guest: { groups } }) => {
    const problems: Problem[] = [];
    for (const [position, { name, gid, path }] of groups.entries()) {
      const clash = groups.slice(0, position).find((earlier) => (earlier.name === name) !== (earlier.gid === gid));
      if (clash !== undefined)
        problems.push(
          groupConflict(
            path,
            `Group ${name} has gid ${String(gid)}, and group ${clash.name} has gid ${String(clash.gid)}`,
            "Give one group one gid.",
            [{ path: clash.path, note: "the other one" }],
          ),
        );
    }
    return problems;
  });
