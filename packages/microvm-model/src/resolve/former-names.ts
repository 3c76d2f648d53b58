import type { HostModel } from "../config/config.js";
import type { ConfigPath, Problem } from "../problems/problem.js";
import { didYouMean } from "../common/suggest.js";
import { freedIndex, type LockEntries, lockedIndex } from "./lock-entries.js";
import { renamedFromUnknown } from "../problems/renamed-from-unknown.js";

/** A `renamedFrom` that the lock does not know has no effect: the VM gets a new index, and so new addresses. */
export const unknownFormerNames = (
  vms: HostModel["vms"],
  entries: LockEntries,
  hostPath: ConfigPath,
): readonly Problem[] => {
  const gone = [...Object.keys(entries.vms), ...entries.freed.map(({ vm }) => vm)].filter(
    (name) => !Object.hasOwn(vms, name),
  );
  return Object.entries(vms).flatMap(([name, { renamedFrom }]) =>
    renamedFrom === undefined ||
    Object.hasOwn(vms, renamedFrom) ||
    lockedIndex(entries, name, renamedFrom) !== undefined ||
    freedIndex(entries, name) !== undefined
      ? []
      : [
          renamedFromUnknown(
            [...hostPath, "vms", name, "renamedFrom"],
            `The lock file has no VM ${renamedFrom}, so ${name} gets a new index, with new addresses`,
            gone.length === 0 ? "Remove `renamedFrom`." : didYouMean(renamedFrom, [...new Set(gone)]),
          ),
        ],
  );
};
