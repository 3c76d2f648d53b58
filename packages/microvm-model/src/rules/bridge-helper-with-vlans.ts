import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** QEMU's bridge helper makes a tap and knows no VLANs (microvm.nix doc/src/interfaces.md). */
export const bridgeHelperWithVlans = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap((link) =>
      link.type === "bridge" &&
      host.networks.some((network) => network.kind === "vlan" && network.bridge === link.network.name)
        ? [
            error(
              "bridge-helper-with-vlans",
              [...link.path, "type"],
              `${link.network.name} has VLANs, and QEMU's helper puts its tap into none of them`,
              'Use type "tap".',
            ),
          ]
        : [],
    ),
  );
