import type { Rule } from "./rule.js";
import { type Problem, problem } from "../problems/problem.js";

/**
 * Conflicting group ids
 *
 * virtiofs shares files with numeric ids, so each group needs one gid, and each gid one group. The primary groups of
 * users count too.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ guest: { groups } }) => {
    const problems: Problem[] = [];
    for (const [position, { name, gid, path }] of groups.entries()) {
      const clash = groups.slice(0, position).find((earlier) => (earlier.name === name) !== (earlier.gid === gid));
      if (clash !== undefined)
        problems.push(
          groupConflict(
            path,
            name === clash.name
              ? `Group ${name} has both gid ${String(gid)} and gid ${String(clash.gid)}`
              : `Groups ${name} and ${clash.name} both have gid ${String(gid)}`,
            name === clash.name ? "Set the same gid in both places." : "Set another gid.",
            [{ path: clash.path, note: "the other group" }],
          ),
        );
    }
    return problems;
  });
