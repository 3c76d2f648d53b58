import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * QEMU's bridge helper ignores VLANs
 *
 * For an interface of type `bridge`, `qemu-bridge-helper` creates a tap and adds it to the bridge, without a VLAN. On a
 * bridge with VLANs, such a port carries no packets (microvm.nix doc/src/interfaces.md).
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

export const check: Rule = (host) =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap((link) =>
      link.type === "bridge" &&
      host.networks.some((network) => network.kind === "vlan" && network.bridge === link.network.name)
        ? [
            bridgeHelperWithVlans(
              [...link.path, "type"],
              `${link.network.name} has VLANs, and QEMU's helper adds the tap to none of them`,
              'Use type "tap".',
            ),
          ]
        : [],
    ),
  );
