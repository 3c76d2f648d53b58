import { type ConfigPath, replace, unset } from "@microvm-emit/model";
import {
  type Document,
  isAlias,
  isMap,
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
import { placeAtOffset } from "./place.js";

/** A list that is `!replace`, which a person writes in TypeScript as `replace([…])`. */
class ReplacingSeq extends YAMLSeq {
  override toJSON(...parameters: Parameters<YAMLSeq["toJSON"]>): unknown[] {
    return replace(super.toJSON(...parameters));
  }
}

/** The same of an object. */
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

/** YAML 1.2 with the merge key `<<`, which 1.1 had and people go on using, and tags for `replace` and `unset`. */
const parse = (source: string): Document.Parsed =>
  parseDocument(source, { merge: true, prettyErrors: false, customTags });

/** The data of a YAML text, its aliases followed, or why there is none. */
export const readYaml = (file: string, source: string): ReadData => {
  const refuse = (offset: number, reason: string): ReadData => ({
    problem: { place: placeAtOffset(file, source, offset), message: `not valid YAML (${reason})` },
  });
  const document = parse(source);
  const [first] = [...document.errors, ...document.warnings];
  if (first !== undefined) return refuse(first.pos[0], first.message);
  try {
    return { data: document.toJS() as unknown };
  } catch (error) {
    // An alias of nothing, or aliases of aliases that would fill the memory.
    return refuse(0, (error as Error).message);
  }
};

/** Finds where in a YAML text a config path is written, behind anchors and merge keys too; the deepest part there is. */
export const yamlOffsets = (source: string): ((path: ConfigPath) => number | undefined) => {
  const document = parse(source);
  return (path) => {
    let node: unknown = document.contents;
    let offset = startOf(node);
    for (const step of path) {
      const found = descend(node, step, document);
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

const descend = (from: unknown, step: string | number, document: Document): Found | undefined => {
  const node = behindAlias(from, document);
  if (isSeq(node)) {
    const value = node.items[Number(step)];
    return value === undefined ? undefined : { value, offset: startOf(value) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => keyOf(key) === String(step));
  if (pair !== undefined) return { value: pair.value, offset: startOf(pair.key) };
  return node.items.filter(isMerge).flatMap((merge) => descendMerged(merge, step, document))[0];
};

/** Of a merge key with several maps, the first that has the key says its value. */
const descendMerged = ({ value }: Pair, step: string | number, document: Document): Found[] => {
  const merged = behindAlias(value, document);
  return (isSeq(merged) ? merged.items : [merged]).flatMap((map) => descend(map, step, document) ?? []);
};

const isMerge = ({ key }: Pair): boolean => isScalar(key) && (key.value === "<<" || typeof key.value === "symbol");

const keyOf = (key: unknown): string | undefined =>
  isScalar(key) && typeof key.value !== "symbol" ? String(key.value) : undefined;

const behindAlias = (node: unknown, document: Document): unknown => (isAlias(node) ? node.resolve(document) : node);

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];
