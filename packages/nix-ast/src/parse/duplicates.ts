import type { AttrName, Attrs, Binding, Expr } from "../expr.js";
import { nameOf, staticName } from "../names.js";

interface Place {
  readonly start: number;
  readonly end: number;
}
/** A second definition of an attribute. */
export interface Duplicate {
  /** The path from the outermost set, in Nix syntax: `a.b`. */
  readonly name: string;
  readonly again: Place;
  readonly first: Place;
}

/** The value of an attribute, with the data that merging needs. */
interface Entry extends Place {
  /** A literal set whose table is not created yet. */
  set?: Attrs;
  table?: Table;
  /** True if several tables share this table. It is then copied before a change. */
  isShared?: boolean;
}
type Table = Map<string, Entry>;

/** For larger sets, a hash table is faster than a linear search. */
const FEW_NAMES = 8;

/**
 * Finds duplicate attributes by the rules of Nix 2.34 (`ParserState::addAttr`): literal sets and attribute paths into
 * them merge recursively. Every other attribute can have one definition only.
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
          this.#merge(
            table,
            new Map([[nameOf(name), typeof name === "string" ? place : placeOf(name, place)]]),
            [],
            found,
          );
      } else this.#add(table, binding.path, binding.value, placeOf(binding.path[0], place), found);
    }
    return table;
  }

  #add(root: Table, path: readonly AttrName[], value: Expr, place: Place, found: Duplicate[]): void {
    let table = root;
    const above: string[] = [];
    for (let i = 0; i < path.length; i++) {
      const name = staticName(path[i]);
      if (name === undefined) return;
      if (i === path.length - 1) {
        this.#merge(table, new Map([[name, value.kind === "attrs" ? { ...place, set: value } : place]]), above, found);
        return;
      }
      const entry = table.get(name) ?? { ...place, table: new Map<string, Entry>() };
      table.set(name, entry);
      const inner = this.#open(entry);
      above.push(name);
      if (inner === undefined) {
        found.push({ name: above.join("."), again: place, first: entry });
        return;
      }
      table = inner;
    }
  }

  /**
   * Adds the attributes of one table to another. A list of pairs replaces recursion, so that depth does not overflow
   * the stack.
   */
  #merge(into: Table, from: Table, above: readonly string[], found: Duplicate[]): void {
    const pairs = [{ into, from, above }];
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      for (const [name, added] of pair.from) {
        const first = pair.into.get(name);
        if (first === undefined) {
          pair.into.set(name, { ...added, isShared: true });
          continue;
        }
        const inner = added.set === undefined && added.table === undefined ? undefined : this.#open(first);
        const path = [...pair.above, name];
        if (inner === undefined) found.push({ name: path.join("."), again: added, first });
        else pairs.push({ into: inner, from: added.table ?? this.#ofSet(added.set as Attrs), above: path });
      }
    }
  }

  /** The table of a set, ready to be changed. Undefined if the entry is not a set. */
  #open(entry: Entry): Table | undefined {
    if (entry.table === undefined && entry.set !== undefined) {
      entry.table = this.#ofSet(entry.set);
      entry.isShared = true;
    }
    if (entry.table !== undefined && entry.isShared === true) {
      entry.table = new Map([...entry.table].map(([name, inner]) => [name, { ...inner, isShared: true }]));
      entry.isShared = false;
    }
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

/** True if two bindings begin with the same name. Most sets have none, and need no tables. */
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

/** The place of a name, or of its binding if the name has none. */
const placeOf = (name: AttrName, within: Place): Place =>
  typeof name === "string"
    ? { start: within.start, end: within.start + name.length }
    : { start: name.start ?? within.start, end: name.end ?? within.end };
