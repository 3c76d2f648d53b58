import type { FreedIndex, Lock } from "../plan/lock.js";

/** A lock's entries for one host. */
export interface LockEntries {
  readonly vms: Readonly<Record<string, number>>;
  readonly freed: readonly FreedIndex[];
}

export const entriesOf = (lock: Lock, host: string): LockEntries => ({
  vms: own(lock.hosts, host) ?? {},
  freed: own(lock.freed ?? {}, host) ?? [],
});

/** The index of a VM that is in the lock, under its former name where `renamedFrom` gives one. */
export const lockedIndex = (entries: LockEntries, name: string, renamedFrom: string | undefined): number | undefined =>
  (renamedFrom === undefined ? undefined : (own(entries.vms, renamedFrom) ?? freedIndex(entries, renamedFrom))) ??
  own(entries.vms, name);

/** The index that a VM of this name had until it left the config. */
export const freedIndex = ({ vms, freed }: LockEntries, name: string): number | undefined =>
  freed.findLast(({ vm, index }) => vm === name && !Object.values(vms).includes(index))?.index;

/** The entries after a run: an index that its VM gave up joins the freed ones. */
export const nextEntries = (
  { vms, freed }: LockEntries,
  now: readonly { readonly name: string; readonly index: number }[],
): LockEntries => {
  const used = new Set(now.map(({ index }) => index));
  const next = new Map<number, FreedIndex>();
  const givenUp = Object.entries(vms).map(([vm, index]) => ({ vm, index }));
  for (const entry of [...freed, ...givenUp]) if (!used.has(entry.index)) next.set(entry.index, entry);
  return {
    vms: Object.fromEntries(now.map(({ name, index }) => [name, index])),
    freed: [...next.values()],
  };
};

/** A lock with one host's entries replaced; other hosts stay, since a run may know a part of them only. */
export const withEntries = (lock: Lock, host: string, { vms, freed }: LockEntries): Lock => {
  const { [host]: _, ...others } = lock.freed ?? {};
  const allFreed = freed.length === 0 ? others : { ...others, [host]: [...freed] };
  return {
    version: 2,
    hosts: { ...lock.hosts, [host]: { ...vms } },
    ...(Object.keys(allFreed).length > 0 && { freed: allFreed }),
  };
};

const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
