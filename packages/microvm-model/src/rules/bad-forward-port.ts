import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Port that QEMU cannot forward
 *
 * QEMU forwards ports from the guest by `guestfwd`, which supports TCP only and needs a free address of QEMU's network,
 * 10.0.2.0/24. With other settings, QEMU exits at start.
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
