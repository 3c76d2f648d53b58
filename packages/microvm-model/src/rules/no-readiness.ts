import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * The host cannot tell when the guest is up
 *
 * With cloud-hypervisor, a guest tells the host over vsock that it has started, and `microvm@NAME.service` waits for it. Without a
 * vsock the unit counts as started at once: what is ordered after it runs too early. microvm.nix prints a warning of its own at
 * each evaluation then.
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

/** cloud-hypervisor tells the host over vsock that the guest is up, and microvm.nix warns of one that cannot (lib/runners/cloud-hypervisor.nix). */
export const check: Rule = (host) =>
  host.vms
    .filter(({ machine: { hypervisor, vsockCid } }) => hypervisor === "cloud-hypervisor" && vsockCid === null)
    .map(({ path }) =>
      noReadiness(
        [...path, "vsock"],
        "Without a vsock, the host takes the VM for started before its guest is up, and microvm.nix warns at each evaluation",
        "Leave `vsock` out, so that the index gives its address.",
      ),
    );
