import type { Rule } from "./rule.js";
import { firstGuestCid } from "../plan/allocate.js";
import { problem } from "../problems/problem.js";

/**
 * Reserved vsock CID
 *
 * A context id (CID) is a 32-bit number. 0, 1 and 2 are the hypervisor, the local machine and the host. The largest
 * number means any CID (vsock(7)). microvm.nix documents this and does not check it.
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ machine: { vsockCid } }) =>
    vsockCid === null || (vsockCid.value >= firstGuestCid && vsockCid.value < 0xff_ff_ff_ff)
      ? []
      : [
          badCid(
            vsockCid.path,
            `${String(vsockCid.value)} is a reserved vsock CID`,
            `Use ${String(firstGuestCid)} or more, or remove it to get a free one.`,
          ),
        ],
  );
