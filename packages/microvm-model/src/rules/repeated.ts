import type { Placed } from "../plan/plan.js";
import type { ConfigPath, Problem, RelatedPlace, Report } from "../problems/problem.js";

/** Reports each value that occurs more than once, at its second place. `noun` names the value in the message. */
export const repeated = (
  report: Report,
  noun: string,
  remedy: string | ((path: ConfigPath) => string),
  values: readonly Placed<string>[],
): readonly Problem[] => {
  const remedyAt = (path: ConfigPath): string => (typeof remedy === "string" ? remedy : remedy(path));
  const first = new Map<string, RelatedPlace>();
  const problems: Problem[] = [];
  for (const { value, path } of values) {
    const seen = first.get(value);
    if (seen === undefined) first.set(value, isWritten(path) ? { path, note: "first used here" } : fromIndex(path));
    else if (isWritten(path)) problems.push(report(path, `The ${noun} ${value} is used twice`, remedyAt(path), [seen]));
    // The user can only edit the place that the config contains.
    else problems.push(report(seen.path, `The ${noun} ${value} is used twice`, remedyAt(seen.path), [fromIndex(path)]));
  }
  return problems;
};

/** False for a value that the VM's index gives: its path ends at the VM. */
const isWritten = (path: ConfigPath): boolean => path.at(-2) !== "vms";

const fromIndex = (path: ConfigPath): RelatedPlace => ({ path, note: "from the VM's index" });
