import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * forwardPorts without a user network
 *
 * QEMU's user-mode network forwards the ports. microvm.nix asserts that the hypervisor is `qemu` and that the VM has an
 * interface of type `user` (nixos-modules/microvm/asserts.nix). A guest on a bridge has its own address and needs no
 * forwarding.
 *
 * ## Fails
 *
 * ```ts vm
 * { vcpu: 2, forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] }
 * ```
 */
const forwardPortsWithoutUserNetwork = problem("forward-ports-without-user-network", "error", { isOfAbsence: true });

export const check: Rule = ({ vms }) =>
  vms
    .filter(
      ({ network: { forwardPorts, interfaces }, machine: { hypervisor } }) =>
        forwardPorts.length > 0 && !(hypervisor === "qemu" && interfaces.some(({ type }) => type === "user")),
    )
    .map(({ path }) =>
      forwardPortsWithoutUserNetwork(
        [...path, "forwardPorts"],
        "`forwardPorts` needs QEMU's user-mode network",
        'Set hypervisor: "qemu" and add an interface { type: "user" }; on a bridge, connect to the guest\'s address.',
      ),
    );
