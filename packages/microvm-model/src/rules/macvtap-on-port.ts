import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * macvtap on a bridge port
 *
 * Linux delivers packets of an interface to a bridge or to macvtaps, not to both. The macvtap cannot be created, and the
 * VM does not start.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", ports: ["eno1"], network: "open" } }, vms: { a: { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { lan: { address: "dhcp", ports: ["eno1"], network: "open" } }, vms: { a: { interfaces: [{ address: "dhcp" }] } } }
 * ```
 */
const macvtapOnPort = problem("macvtap-on-port", "error");

export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap((link) => {
      if (link.type !== "macvtap") return [];
      const bridge = host.networks.find((network) => network.kind === "bridge" && network.ports.includes(link.link));
      return bridge === undefined
        ? []
        : [
            macvtapOnPort(
              [...link.path, "link"],
              `${link.link} is a port of ${bridge.name}, where Linux cannot create a macvtap`,
              `Use a tap on ${bridge.name}, which is in the same LAN.`,
              [{ path: [...bridge.path, "ports"], note: "the port" }],
            ),
          ];
    }),
  );
