import { problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Host port used twice
 *
 * Only one program can listen on one address and port of the host. QEMU of the second VM exits at once.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { port: 8080 }, guest: { port: 81 } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { port: 8081 }, guest: { port: 81 } }] }
 * ```
 */
const duplicateHostPort = problem("duplicate-host-port", "error");

export const check: Rule = ({ vms }) => [
  ...repeated(
    duplicateHostPort,
    "host port",
    "Forward another port.",
    vms.flatMap(({ network: { forwardPorts } }) =>
      forwardPorts
        .filter(({ from }) => from === "host")
        .map(({ path, proto, host: { address, port } }) => ({
          value: `${proto} ${address === null ? "" : `${address}:`}${String(port)}`,
          path: [...path, "host", "port"],
        })),
    ),
  ),
  ...repeated(
    duplicateHostPort,
    "host port",
    "Publish another port of the host.",
    vms.flatMap(
      ({
        network: {
          policy: { published },
        },
      }) => published.map(({ path, proto, host }) => ({ value: `${proto} ${String(host)}`, path: [...path, "host"] })),
    ),
  ),
];
