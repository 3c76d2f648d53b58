import { indexFolders } from "../folder-index.js";
import type { AllowedPlan, HostPlan, PortPlan, SharePlan, VmPlan } from "../plan.js";
import { type Problem, warning } from "../problem.js";
import { isPrivate } from "../resolve/subnet.js";

/** A folder is a way out too: what one VM may not send, it leaves there for one that may, or has that one run it. */
export const sharedAcrossPolicies = ({ vms }: HostPlan): readonly Problem[] => {
  const all = vms.flatMap((vm) => {
    const reach = reachOf(vm);
    const key = JSON.stringify(reach);
    return vm.shares
      .filter(({ dangerous }) => dangerous === null)
      .map((share): Known => ({ folder: share.source, share, name: vm.name, reach, key }));
  });
  const { at, around, within } = indexFolders(all);
  return [...new Set(all.filter(({ share }) => !share.readOnly).map(({ folder }) => folder))].flatMap((folder) => {
    const readers = byReach([at, around, within].flatMap((find) => find(folder)));
    return byReach(at(folder).filter(({ share }) => !share.readOnly)).flatMap(([writer, ...others]) => {
      const reader = readers.find(([one]) => reachesMore(one.reach, writer.reach))?.[0];
      return reader === undefined ? [] : [told(writer, others.length, reader)];
    });
  });
};

interface Known {
  readonly folder: string;
  readonly share: SharePlan;
  readonly name: string;
  readonly reach: Reach;
  /** Equal for those that reach the same. */
  readonly key: string;
}

const told = ({ folder, name, share }: Known, others: number, reader: Known): Problem =>
  warning(
    "shared-across-policies",
    share.path,
    `${folder} is written by ${name}${others === 0 ? "" : ` and ${String(others)} more`}, and read by ${reader.name}, which may reach what ${name} may not: what is left there gets there`,
    share.path.at(-1) === "agent"
      ? 'Give either `agentState: "own"`.'
      : "Give each a folder of its own, or share it `readOnly` here.",
    [{ path: reader.share.path, note: `where ${reader.name} has it` }],
  );

/** Those that reach the same together. */
const byReach = (known: readonly Known[]): readonly (readonly [Known, ...Known[]])[] => {
  const groups = new Map<string, [Known, ...Known[]]>();
  for (const one of known) {
    const group = groups.get(one.key);
    if (group === undefined) groups.set(one.key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
};

interface Reach {
  readonly network: VmPlan["policy"]["network"];
  readonly places: readonly Place[];
}

interface Place {
  readonly word: string;
  readonly isOfInternet: boolean;
  /** Whether the VM asks for it itself; what agents and toolchains need leads to no place of anybody's choice. */
  readonly isAsked: boolean;
}

const reachOf = ({ policy: { network, domains, addresses, vms, host }, interfaces }: VmPlan): Reach => {
  if (interfaces.length === 0) return { network: "none", places: [] };
  const placesOf = (target: string, ports: readonly PortPlan[], how: Omit<Place, "word">): readonly Place[] =>
    ports.map(({ proto, port }) => ({ word: `${target} ${proto} ${String(port)}`, ...how }));
  const isAsked = ({ path }: AllowedPlan): boolean => path.at(-2) === "allow";
  const near = { isOfInternet: false, isAsked: true };
  return {
    network,
    places: [
      ...domains.flatMap((one) => placesOf(one.target, one.ports, { isOfInternet: true, isAsked: isAsked(one) })),
      ...addresses.flatMap((one) =>
        placesOf(one.target, one.ports, { isOfInternet: !isPrivate(one.target), isAsked: isAsked(one) }),
      ),
      ...vms.map(({ value }) => ({ word: `VM ${value}`, ...near })),
      ...placesOf("host", host, near),
    ],
  };
};

/** Whether the first reaches something that the second does not. */
const reachesMore = (first: Reach, second: Reach): boolean => {
  if (second.network === "open") return false;
  if (first.network === "open" || (first.network === "internet" && second.network !== "internet")) return true;
  const known = new Set(second.places.map(({ word }) => word));
  return first.places.some(
    ({ word, isOfInternet, isAsked }) =>
      isAsked && !known.has(word) && !(isOfInternet && second.network === "internet"),
  );
};
