import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A group has one gid, and a gid one group. */
export const groupConflict = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ guest: { groups } }) => {
    const problems: Problem[] = [];
    for (const [position, { name, gid, path }] of groups.entries()) {
      const clash = groups.slice(0, position).find((earlier) => (earlier.name === name) !== (earlier.gid === gid));
      if (clash !== undefined)
        problems.push(
          error(
            "group-conflict",
            path,
            `Group ${name} has gid ${String(gid)}, and group ${clash.name} has gid ${String(clash.gid)}`,
            "Give one group one gid.",
            [{ path: clash.path, note: "the other one" }],
          ),
        );
    }
    return problems;
  });
