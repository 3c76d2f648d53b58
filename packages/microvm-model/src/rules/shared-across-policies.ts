import type { Rule } from "./rule.js";
import { asMounted } from "../common/as-mounted.js";
import { collect } from "../common/collect.js";
import { indexFolders } from "../common/folder-index.js";
import type { AllowedPlan, PortPlan, SharePlan, VmPlan } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { isInside, isPrivate } from "../plan/subnet.js";

/**
 * Share bypasses a network policy
 *
 * A VM can leave data in a shared folder, and another VM with a wider policy can send it out. An agent's login is such a
 * folder: every VM that has it also runs its settings and hooks. So with `agentState: "shared"`, each VM can
 * effectively reach every destination that any of them can reach. Lists of `allow` differ if one has a domain, address
 * or port that the other does
 * not contain. Destinations that agents and toolchains need themselves do not count, unless the writer has `network:
 * "none"`.
 *
 * The warning names one VM that writes the folder and one that reads it. If this is intended, set `dangerous` on the
 * share or `silence` in the config.
 *
 * ## Fails
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "10.0.0.1/24", nat: true } },
 *   vms: {
 *     offline: { network: "none", shares: [{ tag: "results", source: "/srv/results" }] },
 *     online: { shares: [{ tag: "results", source: "/srv/results", readOnly: true }] },
 *   },
 * }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "10.0.0.1/24", nat: true } },
 *   vms: {
 *     offline: { network: "none", shares: [{ tag: "results", source: "/srv/results", readOnly: true }] },
 *     online: { shares: [{ tag: "results", source: "/srv/results" }] },
 *   },
 * }
 * ```
 */
const sharedAcrossPolicies = problem("shared-across-policies", "warning");

export const check: Rule = ({ vms }, { realPath }) => {
  const all = vms.flatMap((vm) => {
    const reach = reachOf(vm);
    const key = JSON.stringify(reach);
    return vm.storage.shares
      .filter(({ dangerous }) => dangerous === null)
      .map((share): Known => ({ folder: asMounted(realPath(share.source)), share, name: vm.name, reach, key }));
  });
  const { at, around, within } = indexFolders(all);
  return [...new Set(all.filter(({ share }) => !share.readOnly).map(({ folder }) => folder))].flatMap((folder) => {
    const readers = byReach([at, around, within].flatMap((find) => find(folder)));
    const told = byReach(at(folder).filter(({ share }) => !share.readOnly)).flatMap(([writer, ...others]) => {
      const reader = readers.find(([one]) => reachesMore(one.reach, writer.reach))?.[0];
      return reader === undefined ? [] : [{ writer, reader, writers: others.length + 1 }];
    });
    const [first] = told;
    if (first === undefined) return [];
    return [
      reported(
        first.writer,
        told.reduce((sum, { writers }) => sum + writers, -1),
        first.reader,
      ),
    ];
  });
};

interface Known {
  /** Real path of the source. */
  readonly folder: string;
  readonly share: SharePlan;
  readonly name: string;
  readonly reach: Reach;
  /** Equal for VMs that reach the same destinations. */
  readonly key: string;
}

const reported = ({ name, share }: Known, others: number, reader: Known): Problem =>
  sharedAcrossPolicies(
    share.path,
    `The VM ${name}${others === 0 ? "" : ` (and ${String(others)} more)`} can write ${share.source}, and the VM ${reader.name} can read it and reach destinations that ${name} cannot`,
    share.role === "agent"
      ? 'Set `agentState: "own"` on one of the VMs.'
      : "Give each VM its own folder, or set `readOnly` here.",
    [{ path: reader.share.path, note: `the share of ${reader.name}` }],
  );

/** Groups of shares whose VMs reach the same destinations. */
const byReach = (known: readonly Known[]): readonly (readonly [Known, ...Known[]])[] => [
  ...collect(known.map((one) => [one.key, one])).values(),
];

interface Reach {
  readonly network: VmPlan["network"]["policy"]["network"];
  readonly places: readonly Place[];
}

interface Place {
  readonly kind: "domain" | "address" | "vm" | "host";
  readonly target: string;
  /** Such as `tcp 443`; empty for a VM, whose own firewall decides. */
  readonly port: string;
  readonly isOfInternet: boolean;
  /** False for destinations of agents and toolchains, which a guest cannot choose. */
  readonly isAsked: boolean;
}

const reachOf = ({
  network: {
    policy: { network, domains, addresses, vms, host },
    interfaces,
  },
}: VmPlan): Reach => {
  if (interfaces.length === 0) return { network: "none", places: [] };
  const placesOf = (ports: readonly PortPlan[], place: Omit<Place, "port">): readonly Place[] =>
    ports.map(({ proto, port }) => ({ ...place, port: `${proto} ${String(port)}` }));
  const isAsked = ({ path }: AllowedPlan): boolean => path.at(-2) === "allow";
  const near = { isOfInternet: false, isAsked: true };
  return {
    network,
    places: [
      ...domains.flatMap((one) =>
        placesOf(one.ports, { kind: "domain", target: one.target, isOfInternet: true, isAsked: isAsked(one) }),
      ),
      ...addresses.flatMap((one) =>
        placesOf(one.ports, {
          kind: "address",
          target: one.target,
          isOfInternet: !isPrivate(one.target),
          isAsked: isAsked(one),
        }),
      ),
      ...vms.map(({ value }): Place => ({ kind: "vm", target: value, port: "", ...near })),
      ...placesOf(host, { kind: "host", target: "", ...near }),
    ],
  };
};

/** True if the first reaches a destination that the second does not. */
const reachesMore = (first: Reach, second: Reach): boolean => {
  if (second.network === "open") return false;
  if (first.network === "open" || (first.network === "internet" && second.network !== "internet")) return true;
  return first.places.some(
    (place) =>
      // For `network: "none"`, an agent's own servers are a way out, too.
      (place.isAsked || second.network === "none") &&
      !(place.isOfInternet && second.network === "internet") &&
      !second.places.some((known) => covers(known, place)),
  );
};

const covers = (outer: Place, inner: Place): boolean =>
  outer.kind === inner.kind &&
  outer.port === inner.port &&
  (outer.target === inner.target || holds[outer.kind](outer.target, inner.target));

const holds: Readonly<Record<Place["kind"], (outer: string, inner: string) => boolean>> = {
  domain: (outer, inner) => outer.startsWith("*.") && inner.endsWith(outer.slice(1)),
  address: (outer, inner) => isInside(inner, outer),
  vm: () => false,
  host: () => false,
};
