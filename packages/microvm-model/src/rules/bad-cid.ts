import type { Rule } from "./rule.js";
import { firstGuestCid } from "../plan/allocate.js";
import { problem } from "../problems/problem.js";

/**
 * A number is no guest's vsock CID
 *
 * A context id is a 32-bit number. 0, 1 and 2 are the hypervisor, the machine itself and the host, and the largest means
 * any (vsock(7)). microvm.nix says so in its docs and does not check it.
 *
 * ## Fails
 *
 * ```ts vm
 * { vsock: { cid: 2 } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vsock: { cid: 30 } }
 * ```
 */
const badCid = problem("bad-cid", "error");

/** A vsock CID is a 32-bit number that vsock(7) does not reserve; microvm.nix says so and does not check. */
export const check: Rule = (host) =>
  host.vms.flatMap(({ machine: { vsockCid } }) =>
    vsockCid === null || (vsockCid.value >= firstGuestCid && vsockCid.value < 0xff_ff_ff_ff)
      ? []
      : [
          badCid(
            vsockCid.path,
            `${String(vsockCid.value)} is no guest's vsock CID`,
            `Use ${String(firstGuestCid)} or more, or none so that a free one is chosen.`,
          ),
        ],
  );
