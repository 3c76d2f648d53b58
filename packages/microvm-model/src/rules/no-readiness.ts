import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * No readiness without vsock
 *
 * With cloud-hypervisor, a guest reports over vsock that it is up, and `microvm@NAME.service` waits for that. Without a
 * vsock, the unit counts as started at once, so units ordered after it start too early. microvm.nix also prints a
 * warning at each evaluation (lib/runners/cloud-hypervisor.nix).
 *
 * ## Fails
 *
 * ```ts vm
 * { vsock: false }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { vsock: { cid: 42 } }
 * ```
 */
const noReadiness = problem("no-readiness", "warning", { isOfAbsence: true });

export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor, vsockCid } }) => hypervisor === "cloud-hypervisor" && vsockCid === null)
    .map(({ path }) =>
      noReadiness(
        [...path, "vsock"],
        "Without a vsock, the VM's unit counts as started before the guest is up, and microvm.nix warns at each evaluation",
        "Remove `vsock` to get a CID from the index.",
      ),
    );
