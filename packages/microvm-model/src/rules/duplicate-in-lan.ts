import type { FlakeRule } from "./rule.js";
import type { HostPlan, Placed, Subnet } from "../plan/plan.js";
import { type RelatedPlace, problem } from "../problems/problem.js";
import { isInLan } from "../resolve/interfaces.js";
import { numberOf } from "../plan/subnet.js";

/**
 * Two hosts use one LAN address
 *
 * Two hosts of this config have bridges with `ports` or macvtaps in the same subnet, and the same address or MAC in it. If that is one LAN, the
 * two take turns at being reached. Addresses that are left out follow from each VM's index, which is counted for each host alone. If the
 * LANs are separate, silence the warning.
 *
 * ## Fails
 *
 * ```ts config
 * {
 *   hosts: {
 *     a: { ...hosts.h, bridges: { lan: { address: "192.168.1.8/24", ports: ["eno1"], network: "open" } } },
 *     b: { ...hosts.h, bridges: { lan: { address: "192.168.1.9/24", ports: ["eno1"], network: "open" } } },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts config
 * {
 *   hosts: {
 *     a: { ...hosts.h, bridges: { lan: { address: "192.168.1.8/24", ports: ["eno1"], network: "open" } } },
 *     b: {
 *       ...hosts.h,
 *       bridges: { lan: { address: "192.168.1.9/24", ports: ["eno1"], network: "open" } },
 *       vms: { a: { index: 20 } },
 *     },
 *   },
 * }
 * ```
 */
const duplicateInLan = problem("duplicate-in-lan", "warning");

/** An address or a MAC on a LAN, which other hosts may be in. */
interface Identifier extends Placed<string> {
  readonly host: string;
  readonly noun: "address" | "MAC address";
  /** The LAN as far as the config knows it; null for any. */
  readonly subnet: Subnet | null;
}

export const check: FlakeRule = (hosts) => {
  const seen = new Map<string, Identifier[]>();
  return hosts.flatMap(identifiersIn).flatMap((one) => {
    const key = `${one.noun} ${one.value}`;
    const others = seen.get(key) ?? [];
    seen.set(key, [...others, one]);
    const first = others.find(({ host, subnet }) => host !== one.host && mayBeOne(subnet, one.subnet));
    return first === undefined
      ? []
      : [
          duplicateInLan(
            one.path,
            `${one.host} and ${first.host} use the ${one.noun} ${one.value} in LANs with the same addresses`,
            one.noun === "address"
              ? 'Write another `address`, or `"dhcp"`; silence this if the LANs are separate.'
              : "Leave the `mac` out so that each host has its own; silence this if the LANs are separate.",
            [{ path: first.path, note: `${first.host} uses it here` } satisfies RelatedPlace],
          ),
        ];
  });
};

const mayBeOne = (a: Subnet | null, b: Subnet | null): boolean =>
  a === null || b === null || (numberOf(a.network) <= numberOf(b.last) && numberOf(b.network) <= numberOf(a.last));

const identifiersIn = ({ name: host, networks, vms }: HostPlan): readonly Identifier[] => [
  ...networks
    .filter((network) => network.kind !== "routed" && network.isLan)
    .flatMap(({ subnets }) =>
      subnets.flatMap((subnet) =>
        subnet.own === null ? [] : [{ ...subnet.own, host, noun: "address" as const, subnet }],
      ),
    ),
  ...vms.flatMap(({ network: { interfaces } }) =>
    interfaces
      .filter(isInLan)
      .flatMap(({ mac, addresses }) => [
        { ...mac, host, noun: "MAC address" as const, subnet: addresses.at(0)?.subnet ?? null },
        ...addresses.map(({ value, path, subnet }) => ({ value, path, host, noun: "address" as const, subnet })),
      ]),
  ),
];
