import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * A macvtap stands on a bridge's port
 *
 * Linux lets one of the two take an interface's packets: a bridge or macvtaps. The VM would not start, since its macvtap
 * cannot be made.
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

/** Linux puts no macvtap on what is a bridge's port (microvm.nix doc/src/interfaces.md). */
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
              `${link.link} is a port of ${bridge.name}, and Linux puts no macvtap on one`,
              `Use a tap on ${bridge.name}, which is in the same LAN.`,
              [{ path: [...bridge.path, "ports"], note: "the port" }],
            ),
          ];
    }),
  );
