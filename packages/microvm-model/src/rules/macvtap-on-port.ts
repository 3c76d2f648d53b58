import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** Linux puts no macvtap on what is a bridge's port (microvm.nix doc/src/interfaces.md). */
export const macvtapOnPort = (host: HostPlan): readonly Problem[] =>
  host.vms.flatMap(({ network: { interfaces } }) =>
    interfaces.flatMap((link) => {
      if (link.type !== "macvtap") return [];
      const bridge = host.networks.find((network) => network.kind === "bridge" && network.ports.includes(link.link));
      return bridge === undefined
        ? []
        : [
            error(
              "macvtap-on-port",
              [...link.path, "link"],
              `${link.link} is a port of ${bridge.name}, and Linux puts no macvtap on one`,
              `Use a tap on ${bridge.name}, which is in the same LAN.`,
              [{ path: [...bridge.path, "ports"], note: "the port" }],
            ),
          ];
    }),
  );
