import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * QEMU cannot forward this port
 *
 * A port that the guest opens is forwarded by QEMU's `guestfwd`, which takes TCP alone and listens at an address of
 * QEMU's own network, 10.0.2.0/24, that no one else has. With any other setting QEMU ends at its start.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], forwardPorts: [{ from: "guest", host: { address: "127.0.0.1", port: 5432 }, guest: { port: 5432 } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], forwardPorts: [{ from: "guest", host: { address: "127.0.0.1", port: 5432 }, guest: { address: "10.0.2.100", port: 5432 } }] }
 * ```
 */
const badForwardPort = problem("bad-forward-port", "error");

export const check: Rule = ({ vms }) =>
  vms
    .flatMap(({ network: { forwardPorts } }) => forwardPorts)
    .filter(({ from }) => from === "guest")
    .flatMap(({ path, proto, guest }) => [
      ...(proto === "tcp"
        ? []
        : [badForwardPort([...path, "proto"], "QEMU forwards only TCP from the guest", 'Use "tcp".')]),
      ...(guest.address === null
        ? [
            badForwardPort(
              [...path, "guest"],
              "A port forwarded from the guest needs an address that the guest connects to",
              "Set `guest.address` to a free address of QEMU's network, such as 10.0.2.100.",
            ),
          ]
        : []),
    ]);
