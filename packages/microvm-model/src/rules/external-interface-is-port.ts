import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * NAT uses a bridge port
 *
 * The host sends and receives the packets of a bridge port through the bridge. So masquerading on the port matches no
 * packet.
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
            `${external.value} is a port of ${bridge}, so packets leave through ${bridge}`,
            `Use ${bridge} as the external interface.`,
          ),
        ];
  });
};
