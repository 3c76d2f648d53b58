import type { HostPlan } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";

/** NAT of a family of addresses has a subnet of that family to masquerade. */
export const natWithoutSubnet = (host: HostPlan): readonly Problem[] =>
  host.networks.flatMap(({ name, path, subnets, nat }) => {
    if (nat === null) return [];
    const missing = nat.ipv6.value ? 6 : 4;
    return subnets.some(({ family }) => family === missing)
      ? []
      : [
          error(
            "nat-without-subnet",
            nat.ipv6.value ? nat.ipv6.path : [...path, "nat"],
            `${name} has no IPv${String(missing)} subnet to masquerade`,
            nat.ipv6.value
              ? "Set the network's `ipv6`, or leave this out."
              : "Set the network's `address`, or `nat.ipv6` for its `ipv6`.",
          ),
        ];
  });
