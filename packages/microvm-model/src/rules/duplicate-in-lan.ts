import type { FlakeRule } from "./rule.js";
import type { HostPlan, Placed, Subnet } from "../plan/plan.js";
import { type RelatedPlace, problem } from "../problems/problem.js";
import { isInLan } from "../resolve/interfaces.js";
import { numberOf } from "../plan/subnet.js";

/**
 * LAN address used twice
 *
 * Two hosts of this config have bridges with `ports` or macvtaps in the same subnet, with the same address or MAC. In
 * one LAN, each loses packets that the other receives. Default addresses come from the index of each VM, and each host
 * counts its own indexes. If the LANs are separate, silence the warning.
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

/** An address or MAC on a LAN that other hosts may share. */
interface Identifier extends Placed<string> {
  readonly host: string;
  readonly noun: "address" | "MAC address";
  /** Subnet of the LAN; null if the config does not contain it. */
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
            `The hosts ${one.host} and ${first.host} both use the ${one.noun} ${one.value}, and may be in one LAN`,
            one.noun === "address"
              ? 'Set another `address` or `"dhcp"`, or silence the warning if the LANs are separate.'
              : "Remove `mac` to get different ones, or silence the warning if the LANs are separate.",
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
