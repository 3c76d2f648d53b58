import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** What leaves by a bridge's port leaves by the bridge, to the kernel that masquerades it. */
export const externalInterfaceIsPort = (host: HostPlan): readonly Problem[] => {
  const ports = new Map(
    host.networks
      .filter((network) => network.kind === "bridge")
      .flatMap(({ name, ports: members }) => members.map((port) => [port, name] as const)),
  );
  return host.networks.flatMap(({ nat }) => {
    const bridge = nat === null ? undefined : ports.get(nat.externalInterface.value);
    return nat === null || bridge === undefined
      ? []
      : [
          error(
            "external-interface-is-port",
            nat.externalInterface.path,
            `${nat.externalInterface.value} is a port of ${bridge}, where packets leave by ${bridge}`,
            `Use ${bridge} as the external interface.`,
          ),
        ];
  });
};
