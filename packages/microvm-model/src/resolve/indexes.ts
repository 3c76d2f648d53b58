import { addressOf, cidOf, macOf, tapOf } from "../plan/allocate.js";
import { maxIndex } from "../scalars/vm-index.js";
import type { AllocatedSubnet } from "./interfaces.js";
import type { ConfigPath, Problem, RelatedPlace } from "../problems/problem.js";
import { numberOf } from "../plan/subnet.js";
import { duplicateIndex } from "../problems/duplicate-index.js";
import { indexLocked } from "../problems/index-locked.js";
import { indexMoved } from "../problems/index-moved.js";
import { subnetFull } from "../problems/subnet-full.js";

/** The input for the choice of an index. */
export interface IndexRequest {
  readonly name: string;
  readonly path: ConfigPath;
  /** The index that the config fixes. */
  readonly fixed: number | undefined;
  /** The index that the lock gives the VM. */
  readonly locked: number | undefined;
  /**
   * For each earlier lock, the latest first: true if it has the same index. Of two VMs at one index, the VM that an
   * earlier lock has there keeps it.
   */
  readonly lockedEarlier: readonly boolean[];
  /** The index that a VM of this name had before it left the config. */
  readonly freed: number | undefined;
  readonly wantsCid: boolean;
  readonly interfaces: readonly WantedInterface[];
}

/** The identifiers of an interface that come from the index. */
export interface WantedInterface {
  readonly tap: boolean;
  readonly mac: boolean;
  readonly addresses: readonly AllocatedSubnet[];
}

/** Identifiers that the config gives explicitly, which no allocated one may repeat; see `identifiersOf`. */
export type TakenIdentifiers = ReadonlySet<string>;

/**
 * An index for every VM of a host: the fixed ones, then the locked ones, then those that a VM of the same name had before.
 * Other VMs, in the order of their names, get the lowest index that no VM ever had and whose identifiers are free. An
 * index that a VM had (`known`, in the order in which they were freed) goes to another VM only when no other index is
 * left.
 */
export const chooseIndexes = (
  requests: readonly IndexRequest[],
  taken: TakenIdentifiers,
  known: readonly number[],
): { readonly indexes: ReadonlyMap<string, number>; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const indexes = new Map<string, number>();
  const holders = new Map<number, { readonly request: IndexRequest; readonly place: RelatedPlace }>();
  const hold = (request: IndexRequest, index: number, path: ConfigPath, note: string): void => {
    indexes.set(request.name, index);
    holders.set(index, { request, place: { path, note } });
  };
  for (const request of requests) {
    if (request.fixed === undefined) continue;
    const path = [...request.path, "index"];
    const holder = holders.get(request.fixed);
    if (holder !== undefined)
      problems.push(
        duplicateIndex(
          path,
          `Index ${String(request.fixed)} is used twice on this host`,
          "Give each VM its own index, or remove `index`.",
          [holder.place],
        ),
      );
    else hold(request, request.fixed, path, "first used here");
  }
  const unplaced: IndexRequest[] = [];
  for (const request of requests.toSorted(byPrecedence)) {
    if (request.fixed !== undefined) continue;
    const holder = request.locked === undefined ? undefined : holders.get(request.locked);
    if (request.locked === undefined) unplaced.push(request);
    else if (holder === undefined) hold(request, request.locked, request.path, "has it in the lock file");
    // Only a merge gives two VMs one index in the lock.
    else if (holder.request.locked === request.locked) unplaced.push(request);
    else
      problems.push(
        indexLocked(
          holder.place.path,
          `Index ${String(request.locked)} belongs to ${request.name} in the lock file`,
          `Choose another index, or also set the index of ${request.name} to move it.`,
          [{ path: request.path, note: "the VM that has it" }],
        ),
      );
  }
  const isUsable = (request: IndexRequest, index: number): boolean =>
    !holders.has(index) &&
    identifiersOf(request, index).every((identifier) => !taken.has(identifier)) &&
    !hasOther(request, index);
  const newcomers: IndexRequest[] = [];
  for (const request of unplaced)
    if (request.locked === undefined && request.freed !== undefined && isUsable(request, request.freed))
      hold(request, request.freed, request.path, "gets it back");
    else newcomers.push(request);
  const resting = new Set(known);
  let lowest = 0;
  for (const request of newcomers.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    while (holders.has(lowest) || resting.has(lowest)) lowest += 1;
    let fresh = lowest;
    while (resting.has(fresh) || !isUsable(request, fresh)) fresh += 1;
    const index = fits(request, fresh)
      ? fresh
      : (known.find((other) => isUsable(request, other) && fits(request, other)) ?? fresh);
    hold(request, index, request.path, "allocated here");
    const keeper = request.locked === undefined ? undefined : holders.get(request.locked);
    if (request.locked !== undefined && keeper !== undefined)
      problems.push(movedFrom(request, request.locked, index, keeper.place));
  }
  for (const request of requests) {
    const index = indexes.get(request.name);
    if (index === undefined) continue;
    for (const { subnet, network, isFree } of allocatedSubnets(request))
      if (!isFree(addressOf(index, subnet)))
        problems.push(
          subnetFull(
            request.fixed === undefined ? request.path : [...request.path, "index"],
            `Index ${String(index)} of ${request.name} has no address in the subnet of ${network} (/${String(subnet.prefixLength)})`,
            "Enlarge the network's subnet, change the VM's index, or set the interface's `address`.",
          ),
        );
  }
  return { indexes, problems };
};

/** VMs that an earlier lock gave their index come first. */
const byPrecedence = (a: IndexRequest, b: IndexRequest): number => {
  const differing = a.lockedEarlier.findIndex((wasLocked, position) => wasLocked !== b.lockedEarlier[position]);
  return differing === -1 ? 0 : a.lockedEarlier[differing] === true ? -1 : 1;
};

const movedFrom = (request: IndexRequest, from: number, to: number, keeper: RelatedPlace): Problem => {
  const moves = allocatedSubnets(request).map(
    ({ subnet }) => ` ${addressOf(from, subnet)} becomes ${addressOf(to, subnet)}.`,
  );
  return indexMoved(
    request.path,
    `Two VMs have index ${String(from)} in the lock file, so ${request.name} moves to index ${String(to)}.${moves.join("")}`,
    `Use ${request.name}'s new address, and deploy its host again if it runs already.`,
    [keeper],
  );
};

const allocatedSubnets = ({ interfaces }: IndexRequest): readonly AllocatedSubnet[] =>
  interfaces.flatMap(({ addresses }) => addresses);

/** True if an address of the index is reserved, but that of a later index is not. */
const hasOther = (request: IndexRequest, index: number): boolean =>
  allocatedSubnets(request).some(({ subnet, isFree }) => {
    const address = addressOf(index, subnet);
    return numberOf(address) < numberOf(subnet.last) && !isFree(address);
  });

/** True if each subnet of the VM has an address for the index. */
const fits = (request: IndexRequest, index: number): boolean =>
  index <= maxIndex && allocatedSubnets(request).every(({ subnet, isFree }) => isFree(addressOf(index, subnet)));

/** All identifiers of an index for the VM, as keys of one set. */
const identifiersOf = (request: IndexRequest, index: number): readonly string[] => [
  ...(request.wantsCid ? [identifier.cid(cidOf(index))] : []),
  ...request.interfaces.flatMap(({ tap, mac, addresses }, position) => [
    ...(tap ? [identifier.tap(tapOf(index, position))] : []),
    ...(mac ? [identifier.mac(macOf(index, position))] : []),
    ...addresses.map(({ subnet }) => identifier.address(addressOf(index, subnet))),
  ]),
];

/** Keys that keep identifiers of different kinds apart. */
export const identifier = {
  cid: (cid: number): string => `cid ${String(cid)}`,
  tap: (tap: string): string => `tap ${tap}`,
  mac: (mac: string): string => `mac ${mac}`,
  address: (address: string): string => `address ${address}`,
};
