import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Forwarded ports need QEMU's own network
 *
 * Ports are forwarded by QEMU's user-mode network. microvm.nix asserts that the hypervisor is `qemu` and that an
 * interface of type `user` is there (nixos-modules/microvm/asserts.nix). A guest on a bridge is reached at its address,
 * without any forwarding.
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
