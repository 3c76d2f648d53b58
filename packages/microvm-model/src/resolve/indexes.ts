import { addressOf, cidOf, macOf, tapOf } from "./allocate.js";
import type { AllocatedSubnet } from "./interfaces.js";
import { type ConfigPath, error, type Problem, type RelatedPlace } from "../problem.js";
import { numberOf } from "./subnet.js";

/** What the choice of an index needs to know of a VM. */
export interface IndexRequest {
  readonly name: string;
  readonly path: ConfigPath;
  /** The index that the config fixes. */
  readonly fixed: number | undefined;
  /** The index that the lock file remembers. */
  readonly locked: number | undefined;
  readonly wantsCid: boolean;
  readonly interfaces: readonly WantedInterface[];
}

/** Which of an interface's identifiers are left to the index. */
export interface WantedInterface {
  readonly tap: boolean;
  readonly mac: boolean;
  readonly addresses: readonly AllocatedSubnet[];
}

/** Identifiers that the config gives explicitly, which no allocated one may repeat; see `identifiersOf`. */
export type TakenIdentifiers = ReadonlySet<string>;

/**
 * An index for every VM of a host: the fixed ones, then the remembered ones, then for new VMs in the order of their
 * names the lowest free one whose identifiers are free too.
 */
export const chooseIndexes = (
  requests: readonly IndexRequest[],
  taken: TakenIdentifiers,
): { readonly indexes: ReadonlyMap<string, number>; readonly problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  const indexes = new Map<string, number>();
  const holders = new Map<number, RelatedPlace>();
  const hold = (request: IndexRequest, index: number, path: ConfigPath, note: string): void => {
    indexes.set(request.name, index);
    holders.set(index, { path, note });
  };
  for (const request of requests) {
    if (request.fixed === undefined) continue;
    const path = [...request.path, "index"];
    const holder = holders.get(request.fixed);
    if (holder !== undefined)
      problems.push(
        error(
          "duplicate-index",
          path,
          `Index ${String(request.fixed)} is used twice on this host`,
          "Give each VM an index of its own, or leave it out.",
          [holder],
        ),
      );
    else hold(request, request.fixed, path, "first used here");
  }
  for (const request of requests) {
    if (request.fixed !== undefined || request.locked === undefined) continue;
    const holder = holders.get(request.locked);
    if (holder !== undefined)
      problems.push(
        error(
          "index-locked",
          holder.path,
          `Index ${String(request.locked)} already belongs to ${request.name}, by the lock file`,
          `Choose another index, or fix ${request.name}'s own so that it moves on purpose.`,
          [{ path: request.path, note: "the VM that has it" }],
        ),
      );
    else hold(request, request.locked, request.path, "remembered in the lock file");
  }
  let lowest = 0;
  for (const request of requests) {
    if (request.fixed !== undefined || request.locked !== undefined) continue;
    while (holders.has(lowest)) lowest += 1;
    let index = lowest;
    while (
      holders.has(index) ||
      identifiersOf(request, index).some((identifier) => taken.has(identifier)) ||
      hasOther(request, index)
    )
      index += 1;
    hold(request, index, request.path, "allocated here");
  }
  for (const request of requests) {
    const index = indexes.get(request.name);
    if (index === undefined) continue;
    for (const { subnet, network, isFree } of request.interfaces.flatMap(({ addresses }) => addresses))
      if (!isFree(addressOf(index, subnet)))
        problems.push(
          error(
            "subnet-full",
            request.fixed === undefined ? request.path : [...request.path, "index"],
            `Index ${String(index)} of ${request.name} has no address of its own in the subnet of ${network} (/${String(subnet.prefixLength)})`,
            "Give the network a larger subnet, the VM another index, or its interface an `address`.",
          ),
        );
  }
  return { indexes, problems };
};

/** Whether an address of the index has another meaning, and a later one may not: the subnet's end is told instead. */
const hasOther = (request: IndexRequest, index: number): boolean =>
  request.interfaces.some(({ addresses }) =>
    addresses.some(({ subnet, isFree }) => {
      const address = addressOf(index, subnet);
      return numberOf(address) < numberOf(subnet.last) && !isFree(address);
    }),
  );

/** All that an index would give the VM, as keys of one set. */
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
