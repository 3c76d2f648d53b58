import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * There is nothing to masquerade
 *
 * NAT hides the addresses of a subnet behind the host's. The network has none of the family that is asked for: `nat` is
 * about the subnet of `address`, `nat.ipv6` about that of `ipv6`.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", nat: { ipv6: true } } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", ipv6: "fd00:83::1/64", nat: { ipv6: true } } } }
 * ```
 */
const natWithoutSubnet = problem("nat-without-subnet", "error", { isOfAbsence: true });

/** NAT of a family of addresses has a subnet of that family to masquerade. */
export const check: Rule = (host) =>
  host.networks.flatMap(({ name, path, subnets, nat }) => {
    if (nat === null) return [];
    const missing = nat.ipv6.value ? 6 : 4;
    return subnets.some(({ family }) => family === missing)
      ? []
      : [
          natWithoutSubnet(
            nat.ipv6.value ? nat.ipv6.path : [...path, "nat"],
            `${name} has no IPv${String(missing)} subnet to masquerade`,
            nat.ipv6.value
              ? "Set the network's `ipv6`, or leave this out."
              : "Set the network's `address`, or `nat.ipv6` for its `ipv6`.",
          ),
        ];
  });
