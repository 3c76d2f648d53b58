import { type ConfigPath, replace, unset } from "@microvm-emit/model";
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Tags,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import type { ReadData } from "./json-place.js";
import { oncePer } from "../once.js";
import { placeAtOffset } from "../../report/place.js";

/** A list with the tag `!replace`, in TypeScript `replace([…])`. */
class ReplacingSeq extends YAMLSeq {
  override toJSON(...parameters: Parameters<YAMLSeq["toJSON"]>): unknown[] {
    return replace(super.toJSON(...parameters));
  }
}

/** A map with the tag `!replace`. */
class ReplacingMap extends YAMLMap {
  override toJSON(...parameters: Parameters<YAMLMap["toJSON"]>): object {
    return replace(super.toJSON(...parameters) as object);
  }
}

const customTags: Tags = [
  { tag: "!replace", collection: "seq", resolve: (list) => Object.assign(new ReplacingSeq(), list) },
  { tag: "!replace", collection: "map", resolve: (map) => Object.assign(new ReplacingMap(), map) },
  { tag: "!unset", resolve: () => unset as unknown },
];

/** Parses YAML 1.2 with the merge key `<<` of 1.1, which is still common, and tags for `replace` and `unset`. */
export const parseYaml = (source: string): Document.Parsed =>
  parseDocument(source, { merge: true, prettyErrors: false, customTags });

/**
 * Limit for alias expansion. A config of 10,000 VMs has fewer values; a few lines of nested aliases would fill the
 * memory.
 */
const maxValues = 1_000_000;

/** Parses YAML and expands aliases. */
export const readYaml = (file: string, source: string): ReadData => {
  const refuse = (offset: number, reason: string): ReadData => ({
    problem: { place: placeAtOffset(file, source, offset), message: `not valid YAML (${reason})` },
  });
  const document = parseYaml(source);
  const [first] = [...document.errors, ...document.warnings];
  // The parser reports its own stack overflow as a syntax error.
  if (first?.message.includes("call stack") === true) throw new RangeError(first.message);
  if (first !== undefined) return refuse(first.pos[0], first.message);
  const { wrong } = followAliases(document);
  if (wrong !== undefined) return refuse(startOf(wrong.alias) ?? 0, wrong.reason);
  try {
    return { data: document.toJS({ maxAliasCount: -1 }) as unknown };
  } catch (error) {
    return refuse(0, (error as Error).message);
  }
};

interface Aliases {
  readonly targets: ReadonlyMap<Alias, unknown>;
  /** The first alias that is undefined, recursive or too large. */
  readonly wrong: { readonly alias: Alias; readonly reason: string } | undefined;
}

/** Resolves each alias to the last earlier node with its anchor. */
const followAliases = (document: Document): Aliases => {
  const anchors = new Map<string, { readonly node: unknown; readonly values: number | undefined }>();
  const targets = new Map<Alias, unknown>();
  let wrong: Aliases["wrong"];
  let total = 0;
  const refuse = (alias: Alias, reason: string): void => {
    wrong ??= { alias, reason };
  };
  const behind = (alias: Alias): number => {
    const anchor = anchors.get(alias.source);
    if (anchor === undefined) refuse(alias, `no anchor &${alias.source} before this alias`);
    else if (anchor.values === undefined) refuse(alias, `the alias *${alias.source} contains itself`);
    targets.set(alias, anchor?.node);
    const values = anchor?.values ?? 0;
    total += values;
    if (total > maxValues)
      refuse(alias, `aliases up to here expand to more than ${maxValues.toLocaleString("en")} values`);
    return values;
  };
  /** Number of values in a node, with aliases expanded. */
  const count = (node: unknown): number => {
    if (isAlias(node)) return behind(node);
    if (isPair(node)) return count(node.key) + count(node.value);
    const anchor = isCollection(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, { node, values: undefined });
    const values = isCollection(node) ? node.items.reduce<number>((sum, item) => sum + count(item), 1) : 1;
    if (anchor !== undefined) anchors.set(anchor, { node, values });
    return values;
  };
  count(document.contents);
  return { targets, wrong };
};

/** Returns a function from a config path to the offset of its deepest existing part. Follows anchors and merge keys. */
export const yamlOffsets = (source: string): ((path: ConfigPath) => number | undefined) => {
  const document = parseYaml(source);
  const { targets } = followAliases(document);
  const behindAlias = (node: unknown): unknown => (isAlias(node) ? targets.get(node) : node);
  const partsOf = oncePer((map: YAMLMap) => partsOfMap(map, behindAlias));
  const descend = (from: unknown, step: string | number): Found | undefined => {
    const node = behindAlias(from);
    if (isSeq(node)) {
      const value = node.items[Number(step)];
      return value === undefined ? undefined : { value, offset: startOf(value) };
    }
    if (!isMap(node)) return undefined;
    const { own, merged } = partsOf(node);
    return own.get(String(step)) ?? firstOf(merged, (map) => descend(map, step));
  };
  return (path) => {
    let node: unknown = document.contents;
    let offset = startOf(node);
    for (const step of path) {
      const found = descend(node, step);
      if (found === undefined) break;
      node = found.value;
      offset = found.offset ?? offset;
    }
    return offset;
  };
};

interface Found {
  readonly value: unknown;
  readonly offset: number | undefined;
}

/** A map's own entries by key, and the maps of its merge keys; the first map with a key wins. */
interface Parts {
  readonly own: ReadonlyMap<string, Found>;
  readonly merged: readonly unknown[];
}

const partsOfMap = ({ items }: YAMLMap, behindAlias: (node: unknown) => unknown): Parts => ({
  own: new Map(
    items.flatMap(({ key, value }) =>
      isScalar(key) && typeof key.value !== "symbol"
        ? [[String(key.value), { value, offset: startOf(key) }] as const]
        : [],
    ),
  ),
  merged: items.filter(isMerge).flatMap(({ value }) => {
    const merged = behindAlias(value);
    return isSeq(merged) ? merged.items : [merged];
  }),
});

const firstOf = <A, B>(all: readonly A[], find: (one: A) => B | undefined): B | undefined => {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
};

const isMerge = ({ key }: Pair): boolean => isScalar(key) && (key.value === "<<" || typeof key.value === "symbol");

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];
