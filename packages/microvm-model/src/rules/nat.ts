import type { HostPlan } from "../plan.js";
import { error, type Problem } from "../problem.js";

/** Networks of one host have one way out, since `networking.nat` knows one external interface, and something to hide. */
export const nat = (host: HostPlan): readonly Problem[] => {
  const outward = host.networks.flatMap(({ name, path, subnets, nat: way }) =>
    way === null ? [] : [{ name, path, subnets, ...way }],
  );
  const [first, ...others] = outward;
  const ports = new Map(
    host.networks
      .filter((network) => network.kind === "bridge")
      .flatMap(({ name, ports: members }) => members.map((port) => [port, name] as const)),
  );
  return [
    ...others.flatMap(({ name, externalInterface }) =>
      first === undefined || externalInterface.value === first.externalInterface.value
        ? []
        : [
            error(
              "several-external-interfaces",
              externalInterface.path,
              `${name} and ${first.name} leave by different interfaces, and NixOS has one for NAT`,
              `Use ${first.externalInterface.value} for both, or do the NAT of one network in a module of yours.`,
              [{ path: first.externalInterface.path, note: "the other one" }],
            ),
          ],
    ),
    ...outward.flatMap(({ externalInterface: { value, path } }) => {
      const bridge = ports.get(value);
      return bridge === undefined
        ? []
        : [
            error(
              "external-interface-is-port",
              path,
              `${value} is a port of ${bridge}, where packets leave by ${bridge}`,
              `Use ${bridge} as the external interface.`,
            ),
          ];
    }),
    ...outward.flatMap(({ name, path, ipv6, subnets }) => {
      const missing = ipv6.value ? 6 : 4;
      return subnets.some(({ family }) => family === missing)
        ? []
        : [
            error(
              "nat-without-subnet",
              ipv6.value ? ipv6.path : [...path, "nat"],
              `${name} has no IPv${String(missing)} subnet to masquerade`,
              ipv6.value
                ? "Set the network's `ipv6`, or leave this out."
                : "Set the network's `address`, or `nat.ipv6` for its `ipv6`.",
            ),
          ];
    }),
  ];
};
