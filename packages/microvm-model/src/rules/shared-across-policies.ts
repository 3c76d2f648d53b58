import type { NetworkPolicy } from "../config/policy.js";
import { indexFolders } from "../folder-index.js";
import type { HostPlan, SharePlan, VmPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";

/** A folder is a way out too: what one VM may not send, it leaves there for one that may, or has that one run it. */
export const sharedAcrossPolicies = ({ vms }: HostPlan): readonly Problem[] => {
  const all = vms.flatMap((vm) =>
    vm.shares
      .filter(({ dangerous }) => dangerous === null)
      .map((share) => ({ folder: share.source, share, vm, reach: reachOf(vm) })),
  );
  const { at, around, within } = indexFolders(all);
  return [...new Set(all.map(({ folder }) => folder))].flatMap((folder) => {
    const loosest = [at, around, within]
      .flatMap((find) => find(folder))
      .reduce<Known | undefined>(
        (found, one) => (found === undefined || one.reach > found.reach ? one : found),
        undefined,
      );
    const [first, ...others] = at(folder).filter(
      ({ share, reach }) => !share.readOnly && loosest !== undefined && reach < loosest.reach,
    );
    if (first === undefined || loosest === undefined) return [];
    const [strict, loose] = [first.vm.name, loosest.vm.name];
    const writers = others.length === 0 ? strict : `${strict} and ${String(others.length)} more`;
    return [
      warning(
        "shared-across-policies",
        first.share.path,
        `${folder} is written by ${writers}, and read by ${loose}, which may reach more: what is left there gets where ${strict} may not`,
        first.share.path.at(-1) === "agent"
          ? 'Give either `agentState: "own"`, or both the same `network`.'
          : "Give each a folder of its own, share it `readOnly` here, or give both the same `network`.",
        [{ path: loosest.share.path, note: `where ${loose} has it` }],
      ),
    ];
  });
};

interface Known {
  readonly folder: string;
  readonly share: SharePlan;
  readonly vm: VmPlan;
  readonly reach: number;
}

const order: readonly NetworkPolicy[] = ["none", "allowlist", "internet", "open"];

/** How much a VM may reach, beside others. */
const reachOf = ({ policy: { network }, interfaces }: VmPlan): number =>
  interfaces.length === 0 ? 0 : order.indexOf(network);
