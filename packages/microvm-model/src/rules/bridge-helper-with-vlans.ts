import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * QEMU's bridge helper knows nothing of VLANs
 *
 * With an interface of type `bridge`, `qemu-bridge-helper` makes a tap of a name of its own choice and puts it into the
 * bridge. On a bridge with VLANs, a port that is in none of them carries no packets, and no one can know which VLAN is
 * meant.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", vlans: { "10": { address: "192.168.10.1/24" } } } }, vms: { a: { hypervisor: "qemu", interfaces: [{ type: "bridge" }] } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", vlans: { "10": { address: "192.168.10.1/24" } } } }, vms: { a: { hypervisor: "qemu", interfaces: [{ vlan: 10 }] } } }
 * ```
 */
const bridgeHelperWithVlans = problem("bridge-helper-with-vlans", "error");

/** QEMU's bridge helper makes a tap and knows no VLANs (microvm.nix doc/src/interfaces.md). */
export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap((link) =>
      link.type === "bridge" &&
      host.networks.some((network) => network.kind === "vlan" && network.bridge === link.network.name)
        ? [
            bridgeHelperWithVlans(
              [...link.path, "type"],
              `${link.network.name} has VLANs, and QEMU's helper puts its tap into none of them`,
              'Use type "tap".',
            ),
          ]
        : [],
    ),
  );
