import type { NetworkPolicy } from "../config/policy.js";
import { indexFolders } from "../folder-index.js";
import type { HostPlan, VmPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";

/** A folder is a way out too: what one VM may not send, it leaves there for one that may, or has that one run it. */
export const sharedAcrossPolicies = ({ vms }: HostPlan): readonly Problem[] => {
  const { at, around, within } = indexFolders(
    vms.flatMap((vm) => vm.shares.map((share) => ({ folder: share.source, share, vm }))),
  );
  return vms.flatMap((vm) =>
    vm.shares.flatMap((share) => {
      if (share.readOnly || share.dangerous !== null) return [];
      const other = [at, around, within]
        .flatMap((find) => find(share.source))
        .find(({ vm: reader, share: { dangerous } }) => dangerous === null && reach(vm) < reach(reader));
      if (other === undefined) return [];
      const { source, path } = share;
      return [
        warning(
          "shared-across-policies",
          path,
          `${vm.name} writes ${source}, which ${other.vm.name} reads and may reach more: what is left there gets where ${vm.name} may not`,
          path.at(-1) === "agent"
            ? 'Give one of them `agentState: "own"`, or both the same `network`.'
            : "Give each a folder of its own, share it `readOnly` here, or give both the same `network`.",
          [{ path: other.share.path, note: `where ${other.vm.name} has it` }],
        ),
      ];
    }),
  );
};

const order: readonly NetworkPolicy[] = ["none", "allowlist", "internet", "open"];

/** How much a VM may reach, beside others. */
const reach = ({ policy: { network }, interfaces }: VmPlan): number =>
  interfaces.length === 0 ? 0 : order.indexOf(network);
