import type { Rule } from "./rule.js";
import { problem } from "../problems/problem.js";

/**
 * NAT without a subnet
 *
 * `nat` masquerades the IPv4 subnet of `address`, and `nat.ipv6` the IPv6 subnet of `ipv6`. The network does not have
 * that subnet.
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
              ? "Set the network's `ipv6`, or remove `ipv6` from `nat`."
              : "Set the network's `address`, or use `nat: { ipv6: true }` for its `ipv6`.",
          ),
        ];
  });
