import type { Rule } from "./rule.js";
import type { BridgePlan, InterfacePlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * Policy cannot be enforced
 *
 * The host enforces a policy with its own firewall rules, so a VM's packets must use a tap that leads only to the host.
 * A macvtap, a bridge with `ports` and QEMU's own networks bypass these rules, and the VM could reach the LAN. A bridge
 * with `existing: true` counts as one with `ports`, unless its `address` makes the host its gateway.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "internet", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] }
 * ```
 */
const policyNotEnforced = problem("policy-not-enforced", "error");

export const check: Rule = (host) =>
  host.vms.flatMap(
    ({
      path: vmPath,
      network: {
        policy: { network, path },
        interfaces,
      },
    }) =>
      network === "open"
        ? []
        : interfaces.flatMap((link) => {
            const way = wayAround(link);
            return way === undefined
              ? []
              : [
                  policyNotEnforced(
                    link.path,
                    `\`network: "${network}"\` cannot be enforced on this interface: ${way}`,
                    'Set `network: "open"`, or use a tap on a bridge without `ports`.',
                    path === vmPath ? [] : [{ path, note: "the policy" }],
                  ),
                ];
          }),
  );

const lanWords = ({ name, ports }: Pick<BridgePlan, "name" | "ports">): string =>
  ports.length > 0
    ? `${name} has ports into a LAN`
    : `the existing bridge ${name} has no \`address\` that makes the host its gateway`;

/** How packets of an interface bypass the host's rules; undefined if they do not. */
const wayAround = (link: InterfacePlan): string | undefined => {
  switch (link.type) {
    case "macvtap":
      return "a macvtap bypasses the host's rules";
    case "user":
      return "packets of QEMU's user network come from a process of the host";
    case "bridge":
      return "the tap created by QEMU has no known name";
    case "tap":
      if (link.network.kind !== "routed" && link.network.isLan) return lanWords(link.network);
      return link.dhcp && link.addresses.every(({ subnet }) => subnet.family === 6)
        ? `another program's DHCP server assigns the address`
        : undefined;
  }
};
