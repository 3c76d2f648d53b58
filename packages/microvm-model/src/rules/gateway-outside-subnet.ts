import { problem } from "../problems/problem.js";
import { formatSubnet, isHostAddress } from "../plan/subnet.js";
import type { Rule } from "./rule.js";

/**
 * Gateway outside the subnet
 *
 * Guests can only reach a router with an address in their own subnet.
 *
 * ## Fails
 *
 * ```ts host
 * { bridges: { lan: { address: "192.168.1.2/24", gateway: "192.168.2.1", ports: ["eno1"], network: "open" } } }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * { bridges: { lan: { address: "192.168.1.2/24", gateway: "192.168.1.1", ports: ["eno1"], network: "open" } } }
 * ```
 */
const gatewayOutsideSubnet = problem("gateway-outside-subnet", "error");

export const check: Rule = ({ networks }) =>
  networks
    .flatMap(({ subnets }) => subnets)
    .flatMap((subnet) => {
      const { gateway } = subnet;
      return gateway === null || isHostAddress(subnet, gateway.value)
        ? []
        : [
            gatewayOutsideSubnet(
              gateway.path,
              `${gateway.value} cannot be a router's address in ${formatSubnet(subnet)}`,
              "Use the address of the LAN's router in this subnet.",
            ),
          ];
    });
