import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** What leaves by a bridge's port leaves by the bridge, to the kernel that masquerades it. */
export const externalInterfaceIsPort = (host: HostPlan): readonly Problem[] => {
  const ports = new Map(
    host.networks
      .filter((network) => network.kind === "bridge")
      .flatMap(({ name, ports: members }) => members.map((port) => [port, name] as const)),
  );
  return host.networks.flatMap(({ nat }) => {
    const external = nat?.externalInterface ?? null;
    const bridge = external === null ? undefined : ports.get(external.value);
    return external === null || bridge === undefined
      ? []
      : [
          error(
            "external-interface-is-port",
            external.path,
            `${external.value} is a port of ${bridge}, where packets leave by ${bridge}`,
            `Use ${bridge} as the external interface.`,
          ),
        ];
  });
};
