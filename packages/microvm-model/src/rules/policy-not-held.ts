import type { HostPlan, InterfacePlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** A policy is held where packets pass the host's own rules: on taps that lead to the host and nowhere else. */
export const policyNotHeld = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ name, path: vmPath, policy: { network, path }, interfaces }) =>
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
      return link.network.kind !== "routed" && link.network.ports.length > 0
        ? `${link.network.name} has ports that lead into a LAN`
        : undefined;
  }
};
