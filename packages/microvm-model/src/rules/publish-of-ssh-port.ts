import { problem } from "../problems/problem.js";
import type { Rule } from "./rule.js";

/**
 * Published port replaces the host's SSH
 *
 * The host forwards a published port to the VM before its own services see the packets. With port 22, SSH connections
 * from outside reach the VM instead of the host, with other host keys. This is fine if the host's sshd uses another port
 * or interface.
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
