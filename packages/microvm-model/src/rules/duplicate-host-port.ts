import type { ForwardPortPlan } from "../plan/network.js";
import { type Problem, problem } from "../problems/problem.js";
import { repeated } from "./repeated.js";
import type { Rule } from "./rule.js";

/**
 * Host port used twice
 *
 * Only one program can listen on one address and port of the host. QEMU of the second VM exits at once. Without
 * `host.address`, or with `0.0.0.0`, QEMU listens on all addresses of the host, and no other program can use the port.
 *
 * ## Fails
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { port: 8080 }, guest: { port: 81 } }] }
 * ```
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { address: "127.0.0.1", port: 8080 }, guest: { port: 81 } }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }, { host: { port: 8081 }, guest: { port: 81 } }] }
 * ```
 *
 * ```ts vm
 * { hypervisor: "qemu", network: "open", interfaces: [{ type: "user" }], firewall: false, forwardPorts: [{ host: { address: "127.0.0.2", port: 8080 }, guest: { port: 80 } }, { host: { address: "127.0.0.1", port: 8080 }, guest: { port: 81 } }] }
 * ```
 */
const duplicateHostPort = problem("duplicate-host-port", "error");

const isEvery = (address: string | null): boolean => address === null || address === "0.0.0.0";

const formatPort = ({ proto, host: { address, port } }: ForwardPortPlan): string =>
  `${proto} ${address === null ? "" : `${address}:`}${String(port)}`;

/** Reports each listener that overlaps an earlier one. */
const overlapping = (forwards: readonly ForwardPortPlan[]): readonly Problem[] => {
  const byPort = new Map<string, ForwardPortPlan[]>();
  return forwards.flatMap((forward) => {
    const { path, proto, host } = forward;
    const key = `${proto} ${String(host.port)}`;
    const earlier = byPort.get(key) ?? [];
    byPort.set(key, [...earlier, forward]);
    const other = earlier.find(
      ({ host: { address } }) => address === host.address || isEvery(address) || isEvery(host.address),
    );
    if (other === undefined) return [];
    const [text, first] = [formatPort(forward), formatPort(other)];
    return [
      duplicateHostPort(
        [...path, "host", "port"],
        text === first
          ? `The host port ${text} is used twice`
          : `The host ports ${first} and ${text} overlap: one of them listens on all addresses`,
        "Forward another port.",
        [{ path: [...other.path, "host", "port"], note: "first used here" }],
      ),
    ];
  });
};

export const check: Rule = ({ vms }) => [
  ...overlapping(vms.flatMap(({ network: { forwardPorts } }) => forwardPorts.filter(({ from }) => from === "host"))),
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
