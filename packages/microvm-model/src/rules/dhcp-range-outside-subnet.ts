import { problem } from "../problems/problem.js";
import { above, formatSubnet, isHostAddress } from "../plan/subnet.js";
import { dhcpRanges } from "./dhcp-ranges.js";
import type { Rule } from "./rule.js";

/**
 * The DHCP range leaves the subnet
 *
 * A DHCP server gives out addresses of the subnet that it is in itself, without the first one, which names the subnet,
 * and the last one, its broadcast address. systemd-networkd refuses to start its server with any other range.
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
