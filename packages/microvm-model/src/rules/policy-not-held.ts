import type { BridgePlan, HostPlan, InterfacePlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** A policy is held where packets pass the host's own rules: on taps that lead to the host and nowhere else. */
export const policyNotHeld = (host: HostPlan): readonly Problem[] =>
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
                  error(
                    "policy-not-held",
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
