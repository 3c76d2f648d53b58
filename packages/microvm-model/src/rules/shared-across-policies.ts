import type { Rule } from "./rule.js";
import { asMounted } from "../common/as-mounted.js";
import { collect } from "../common/collect.js";
import { indexFolders } from "../common/folder-index.js";
import type { AllowedPlan, PortPlan, SharePlan, VmPlan } from "../plan/plan.js";
import { type Problem, problem } from "../problems/problem.js";
import { isInside, isPrivate } from "../plan/subnet.js";

/**
 * A VM may write what one that reaches more reads
 *
 * What a VM may not send, it can leave in a folder for one that may. An agent's login is such a folder: its settings and hooks are run
 * by the agent of every VM that has it, so that with `agentState: "shared"` each VM reaches what any of them does. Two lists of `allow` differ
 * too, where one has a domain, address or port that the other does not hold. What agents and toolchains need by themselves leads to their own servers: it is left
 * out of the comparison, but where the writer is to reach nothing.
 *
 * One VM that writes a folder and one that reads it are told of, however many there are.
 *
 * Where it is meant, a share says so by `dangerous`, and the config by `silence`.
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

/** A folder is a way out too: what one VM may not send, it leaves there for one that may, or has that one run it. */
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
  /** Where it is, by whatever link it is shared. */
  readonly folder: string;
  readonly share: SharePlan;
  readonly name: string;
  readonly reach: Reach;
  /** Equal for those that reach the same. */
  readonly key: string;
}

const reported = ({ name, share }: Known, others: number, reader: Known): Problem =>
  sharedAcrossPolicies(
    share.path,
    `${share.source} is written by ${name}${others === 0 ? "" : ` and ${String(others)} more`}, and read by ${reader.name}, which may reach what ${name} may not: what is left there gets there`,
    share.role === "agent"
      ? 'Give either `agentState: "own"`.'
      : "Give each a folder of its own, or share it `readOnly` here.",
    [{ path: reader.share.path, note: `where ${reader.name} has it` }],
  );

/** Those that reach the same together. */
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
  /** Such as `tcp 443`; of a VM, whatever its own firewall lets in. */
  readonly port: string;
  readonly isOfInternet: boolean;
  /** Whether the VM asks for it itself; what agents and toolchains need leads to no place of anybody's choice. */
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

/** Whether the first reaches something that the second does not. */
const reachesMore = (first: Reach, second: Reach): boolean => {
  if (second.network === "open") return false;
  if (first.network === "open" || (first.network === "internet" && second.network !== "internet")) return true;
  return first.places.some(
    (place) =>
      // To one that is to reach nothing, what leads to an agent's own servers is a way out too.
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
