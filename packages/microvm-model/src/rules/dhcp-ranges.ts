import type { AddressRange, HostPlan, Subnet } from "../plan/plan.js";

/** Ranges of the host's own DHCP servers, each with the IPv4 subnet that it serves. */
export const dhcpRanges = ({ networks }: HostPlan): readonly (AddressRange & { readonly subnet: Subnet })[] =>
  networks.flatMap(({ subnets, ...network }) =>
    subnets.flatMap((subnet) =>
      "dhcp" in network && network.dhcp !== null && subnet.family === 4 ? [{ ...network.dhcp, subnet }] : [],
    ),
  );
