import { problem } from "../problems/problem.js";
import { isHostAddress, numberOf } from "../plan/subnet.js";
import { dhcpRanges } from "./dhcp-ranges.js";
import type { Rule } from "./rule.js";

/**
 * Empty DHCP range
 *
 * The DHCP server leases addresses from `from` to `to`. The default range is the upper half of the subnet.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", dhcp: { to: "192.168.83.99" } } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { br0: { address: "192.168.83.1/24", dhcp: { from: "192.168.83.50", to: "192.168.83.99" } } } }
 * ```
 */
const dhcpRangeEmpty = problem("dhcp-range-empty", "error");

export const check: Rule = (host) =>
  dhcpRanges(host)
    // `dhcp-range-outside-subnet` reports the others.
    .filter(({ from, to, subnet }) => [from, to].every(({ value }) => isHostAddress(subnet, value)))
    .filter(({ from, to }) => numberOf(from.value) > numberOf(to.value))
    .map(({ from, to }) =>
      dhcpRangeEmpty(
        to.path,
        `The range from ${from.value} to ${to.value} is empty`,
        "Write the lower address as `from`.",
        [{ path: from.path, note: "start of the range" }],
      ),
    );
