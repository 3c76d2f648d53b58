import type { AddressRange, HostPlan, Subnet } from "../plan/plan.js";
import { error, type Problem } from "../problems/problem.js";
import { above, formatSubnet, isHostAddress, numberOf } from "../resolve/subnet.js";

/** Networks of one host have subnets apart, with the router and the range of the DHCP server in them. */
export const subnet = (host: HostPlan): readonly Problem[] => [
  ...([4, 6] as const).flatMap((family) => overlaps(host, family)),
  ...host.networks.flatMap(({ subnets, ...network }) =>
    subnets.flatMap((inner) => [
      ...outsideRouter(inner),
      ...("dhcp" in network && network.dhcp !== null && inner.family === 4 ? wrongRange(network.dhcp, inner) : []),
    ]),
  ),
];

const overlaps = (host: HostPlan, family: Subnet["family"]): readonly Problem[] => {
  const problems: Problem[] = [];
  const bySubnet = host.networks
    .flatMap(({ name, subnets }) =>
      subnets.flatMap(({ own, ...rest }) => (own === null || rest.family !== family ? [] : [{ name, own, ...rest }])),
    )
    .sort((a, b) => Number(numberOf(a.network) - numberOf(b.network)));
  let widest = bySubnet[0];
  for (const next of bySubnet.slice(1)) {
    if (widest !== undefined && numberOf(next.network) <= numberOf(widest.last))
      problems.push(
        error(
          "overlapping-subnets",
          next.own.path,
          `The subnets of ${widest.name} and ${next.name} overlap at ${next.network}`,
          "Give one of the networks another subnet.",
          [{ path: widest.own.path, note: "the other subnet" }],
        ),
      );
    if (widest === undefined || numberOf(next.last) > numberOf(widest.last)) widest = next;
  }
  return problems;
};

const outsideRouter = (inner: Subnet): readonly Problem[] =>
  inner.gateway === null || isHostAddress(inner, inner.gateway.value)
    ? []
    : [
        error(
          "gateway-outside-subnet",
          inner.gateway.path,
          `${inner.gateway.value} is no router's address in ${formatSubnet(inner)}`,
          "Use the address that the LAN's router has in this subnet.",
        ),
      ];

const wrongRange = ({ from, to }: AddressRange, inner: Subnet): readonly Problem[] => {
  const outside = [from, to].filter(({ value }) => !isHostAddress(inner, value));
  if (outside.length > 0)
    return outside.map(({ value, path }) =>
      error(
        "dhcp-range-outside-subnet",
        path,
        `${value} is no address to give out in ${formatSubnet(inner)}`,
        `Use one from ${above(inner.network, 1)} to ${above(inner.last, -1)}.`,
      ),
    );
  return numberOf(from.value) <= numberOf(to.value)
    ? []
    : [
        error(
          "dhcp-range-empty",
          to.path,
          `The range from ${from.value} to ${to.value} is empty`,
          "Write the lower address as `from`.",
          [{ path: from.path, note: "where it starts" }],
        ),
      ];
};
