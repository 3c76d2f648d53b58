import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * A published port takes the host's own SSH
 *
 * A published port leads all that comes to it on the host's outward interface to the VM, before the host sees it. With port 22 that is SSH to
 * the host itself: who administers it from there comes to the VM instead, and finds other host keys. It is right where the host's sshd listens
 * on another port or interface.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } },
 *   vms: { a: { publish: [{ host: 22, guest: 22 }] } },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } },
 *   vms: { a: { publish: [{ host: 2222, guest: 22 }] } },
 * }
 * ```
 */
const publishOfSshPort = problem("publish-of-ssh-port", "warning");

export const check: Rule = ({ vms }) =>
  vms
    .flatMap(({ network: { policy } }) => policy.published)
    .filter(({ proto, host }) => proto === "tcp" && host === 22)
    .map(({ path, host }) =>
      publishOfSshPort(
        [...path, "host"],
        `SSH from outside to port ${String(host)} of the host reaches this VM instead`,
        "Publish another port of the host, such as 2222.",
      ),
    );
