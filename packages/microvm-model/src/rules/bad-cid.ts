import { firstGuestCid } from "../resolve/allocate.js";
import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A vsock CID is a 32-bit number that vsock(7) does not reserve; microvm.nix says so and does not check. */
export const badCid = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ machine: { vsockCid } }) =>
    vsockCid === null || (vsockCid.value >= firstGuestCid && vsockCid.value < 0xff_ff_ff_ff)
      ? []
      : [
          error(
            "bad-cid",
            vsockCid.path,
            `${String(vsockCid.value)} is no guest's vsock CID`,
            `Use ${String(firstGuestCid)} or more, or none so that a free one is chosen.`,
          ),
        ],
  );
