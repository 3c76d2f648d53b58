import { problem } from "../problems/problem.js";
import { above, formatSubnet, isHostAddress } from "../plan/subnet.js";
import { dhcpRanges } from "./dhcp-ranges.js";
import type { Rule } from "./rule.js";

/**
 * DHCP range outside the subnet
 *
 * A DHCP server leases addresses of its subnet, except for the first and the last one. systemd-networkd refuses to
 * start with another range.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", dhcp: { from: "192.168.84.100" } } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", dhcp: { from: "192.168.83.200" } } } }
 * ```
 */
const dhcpRangeOutsideSubnet = problem("dhcp-range-outside-subnet", "error");

export const check: Rule = (host) =>
  dhcpRanges(host).flatMap(({ from, to, subnet }) =>
    [from, to]
      .filter(({ value }) => !isHostAddress(subnet, value))
      .map(({ value, path }) =>
        dhcpRangeOutsideSubnet(
          path,
          `${value} is not a guest address in ${formatSubnet(subnet)}`,
          `Use an address from ${above(subnet.network, 1)} to ${above(subnet.last, -1)}.`,
        ),
      ),
  );
