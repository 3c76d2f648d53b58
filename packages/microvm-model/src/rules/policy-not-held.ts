import type { Rule } from "./rule.js";
import type { BridgePlan, InterfacePlan } from "../plan/plan.js";
import { problem } from "../problems/problem.js";

/**
 * A VM's policy cannot be held on an interface
 *
 * What a VM may reach is held where its packets pass the host's own rules: on a tap that leads to the host and nowhere
 * else. A macvtap, a bridge with `ports` and QEMU's own networks lead past them, so that a VM with such an interface
 * reaches whatever is there, its LAN first of all. A bridge with `existing: true` counts as one with `ports`, unless its `address`
 * makes the host its gateway.
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
const policyNotHeld = problem("policy-not-held", "error");

/** A policy is held where packets pass the host's own rules: on taps that lead to the host and nowhere else. */
export const check: Rule = (host) =>
  host.vms.flatMap(
    ({
      name,
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
                  policyNotHeld(
                    link.path,
                    `${name} may reach ${words[network]}, which cannot be held here: ${way}`,
                    'Give the VM `network: "open"`, or a tap on a bridge without `ports`.',
                    path === vmPath ? [] : [{ path, note: "what it may reach" }],
                  ),
                ];
          }),
  );

const words = { internet: "the internet alone", allowlist: "what it lists alone", none: "nothing" };

const lanWords = ({ name, ports }: Pick<BridgePlan, "name" | "ports">): string =>
  ports.length > 0
    ? `${name} has ports that lead into a LAN`
    : `the existing bridge ${name} has no \`address\` that makes the host its gateway`;

/** How packets of an interface pass the host by; undefined where they do not. */
const wayAround = (link: InterfacePlan): string | undefined => {
  switch (link.type) {
    case "macvtap":
      return "a macvtap leads out past the host";
    case "user":
      return "QEMU's own network speaks for the guest as a program of the host's";
    case "bridge":
      return "the tap that QEMU makes has no name to know it by";
    case "tap":
      if (link.network.kind !== "routed" && link.network.isLan) return lanWords(link.network);
      return link.dhcp && link.addresses.every(({ subnet }) => subnet.family === 6)
        ? `another program's DHCP server chooses its address`
        : undefined;
  }
};
