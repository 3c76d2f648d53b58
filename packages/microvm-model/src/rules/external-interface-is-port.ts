import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * NAT leaves by an interface that is a bridge's port
 *
 * An interface that has joined a bridge has no packets of its own any more: the host sends and receives by the bridge.
 * Masquerading on the port would find none of them.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", ports: ["eno1"] }, br0: { address: "192.168.83.1/24", nat: { externalInterface: "eno1" } } }, vms: {} }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", ports: ["eno1"] }, br0: { address: "192.168.83.1/24", nat: { externalInterface: "lan" } } }, vms: {} }
 * ```
 */
const externalInterfaceIsPort = problem("external-interface-is-port", "error");

/** What leaves by a bridge's port leaves by the bridge, to the kernel that masquerades it. */
export const check: Rule = (host) => {
  const ports = new Map(
    host.networks
      .filter((network) => network.kind === "bridge")
      .flatMap(({ name, ports: members }) => members.map((port) => [port, name] as const)),
  );
  return host.networks.flatMap(({ nat }) => {
    const external = nat?.externalInterface ?? null;
    const bridge = external === null ? undefined : ports.get(external.value);
    return external === null || bridge === undefined
      ? []
      : [
          externalInterfaceIsPort(
            external.path,
            `${external.value} is a port of ${bridge}, where packets leave by ${bridge}`,
            `Use ${bridge} as the external interface.`,
          ),
        ];
  });
};
