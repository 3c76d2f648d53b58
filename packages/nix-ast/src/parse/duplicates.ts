import type { AttrName, Attrs, Binding, Expr } from "../expr.js";
import { nameOf, staticName } from "../names.js";

interface Place {
  readonly start: number;
  readonly end: number;
}
/** A name that is defined a second time. */
export interface Duplicate {
  readonly name: string;
  readonly again: Place;
  readonly first: Place;
}

/** What a name of a set is bound to, as far as other bindings can merge with it. */
interface Entry extends Place {
  /** A set written out, whose table is not made yet. */
  set?: Attrs;
  table?: Table;
}
type Table = Map<string, Entry>;

/** Sets of more names than this are looked through with a hash table. */
const FEW_NAMES = 8;

/**
 * Attributes defined twice, by Nix's rules (`ParserState::addAttr`): sets that are written out and paths through them
 * merge, everything else may be defined once.
 */
export class AttributeTables {
  readonly #tables = new WeakMap<Attrs, Table>();

  duplicates(bindings: readonly Binding[]): readonly Duplicate[] {
    if (!repeatsFirstName(bindings)) return [];
    const found: Duplicate[] = [];
    this.#tableOf(bindings, found);
    return found;
  }

  #tableOf(bindings: readonly Binding[], found: Duplicate[]): Table {
    const table: Table = new Map();
    for (const binding of bindings) {
      const place = { start: binding.start ?? 0, end: binding.end ?? 0 };
      if (binding.kind === "inherit") {
        for (const name of binding.names)
          define(table, nameOf(name), typeof name === "string" ? place : placeOf(name, place), found);
      } else this.#add(table, binding.path, binding.value, placeOf(binding.path[0], place), found);
    }
    return table;
  }

  #add(root: Table, path: readonly AttrName[], value: Expr, place: Place, found: Duplicate[]): void {
    let table = root;
    for (let i = 0; i < path.length; i++) {
      const name = staticName(path[i]);
      if (name === undefined) return;
      const entry = table.get(name);
      const last = i === path.length - 1;
      if (entry === undefined) {
        if (last) {
          table.set(name, value.kind === "attrs" ? { ...place, set: value } : { ...place });
          return;
        }
        const inner: Table = new Map();
        table.set(name, { ...place, table: inner });
        table = inner;
        continue;
      }
      const inner = this.#open(entry);
      if (inner === undefined || (last && value.kind !== "attrs")) {
        found.push({ name, again: place, first: entry });
        return;
      }
      if (last && value.kind === "attrs") {
        for (const [innerName, added] of this.#ofSet(value)) {
          const first = inner.get(innerName);
          if (first === undefined) inner.set(innerName, added);
          else found.push({ name: innerName, again: added, first });
        }
        return;
      }
      table = inner;
    }
  }

  #open(entry: Entry): Table | undefined {
    // A copy: what is merged into it here is not written there.
    if (entry.table === undefined && entry.set !== undefined) entry.table = new Map(this.#ofSet(entry.set));
    return entry.table;
  }

  #ofSet(set: Attrs): Table {
    let table = this.#tables.get(set);
    if (table === undefined) {
      table = this.#tableOf(set.bindings, []);
      this.#tables.set(set, table);
    }
    return table;
  }
}

const define = (table: Table, name: string, place: Place, found: Duplicate[]): void => {
  const first = table.get(name);
  if (first === undefined) table.set(name, { ...place });
  else found.push({ name, again: place, first });
};

/** Whether a name begins two bindings, so that it is worth a closer look. */
const repeatsFirstName = (bindings: readonly Binding[]): boolean => {
  const names: string[] = [];
  for (const binding of bindings) {
    if (binding.kind === "inherit") names.push(...binding.names.map(nameOf));
    else {
      const name = staticName(binding.path[0]);
      if (name !== undefined) names.push(name);
    }
  }
  if (names.length > FEW_NAMES) return new Set(names).size < names.length;
  return names.some((name, i) => names.indexOf(name) < i);
};

/** Where a name is, or else what it is in. */
const placeOf = (name: AttrName, within: Place): Place =>
  typeof name === "string"
    ? { start: within.start, end: within.start + name.length }
    : { start: name.start ?? within.start, end: name.end ?? within.end };
