import type { ConfigPath } from "@microvm-emit/model";
import type { Node as JsonNode } from "jsonc-parser";
import { modulesMeant } from "../imports.js";
import { type Module, readModule } from "./syntax.js";
import type { OpenModule } from "./evaluate.js";
import { walkOf } from "./values.js";
import { oncePer } from "../once.js";
import { type Place, placesIn } from "../../report/place.js";

/** Returns the place of a config path, or of its deepest part that can be found. */
export type Locator = (path: ConfigPath) => Place | undefined;

/** Extra information about a config. */
export interface Known {
  /** The loaded config, to choose between several candidate places. */
  readonly config?: unknown;
  /** The text of a file that the config may import; undefined for other files. */
  readonly read?: (file: string) => string | undefined;
}

/** Makes a locator for a config's source without running it. The extension of `file` selects the parser. */
export const locator = async (file: string, source: string, known: Known = {}): Promise<Locator> => {
  if (/\.jsonc?$/.test(file)) return atOffsets(file, source, await jsonOffsets(source));
  if (/\.ya?ml$/.test(file)) return atOffsets(file, source, (await import("./yaml-place.js")).yamlOffsets(source));
  return inModule(file, source, known);
};

type Offsets = (path: ConfigPath) => number | undefined;

const atOffsets = (file: string, source: string, offsetOf: Offsets): Locator => {
  const placeAt = placesIn(file, source);
  return (path) => {
    const offset = offsetOf(path);
    return offset === undefined ? undefined : placeAt(offset);
  };
};

const jsonOffsets = async (source: string): Promise<Offsets> => {
  const { parseTree } = await import("jsonc-parser");
  const root = parseTree(source);
  const partsOf = oncePer(partsOfJson);
  return (path) => {
    let node = root;
    for (const step of path) {
      const next: JsonNode | undefined = node === undefined ? undefined : partsOf(node).get(step);
      if (next === undefined) break;
      node = next;
    }
    return (node?.parent?.type === "property" ? node.parent : node)?.offset;
  };
};

/** Values by key or, in a list, by index. */
const partsOfJson = ({ type, children = [] }: JsonNode): ReadonlyMap<string | number, JsonNode> =>
  new Map<string | number, JsonNode>(
    type === "array"
      ? children.entries()
      : children.flatMap(({ children: [key, value] = [] }) =>
          value === undefined ? [] : [[String(key?.value), value] as const],
        ),
  );

const inModule = (file: string, source: string, { config, read = () => undefined }: Known): Locator => {
  const exported = readModule(file, source)?.exports.get("default");
  if (exported === undefined) return () => undefined;
  const walk = walkOf(openModules(read));
  const placesOf = oncePer((module: Module) => placesIn(module.file, module.source));
  const actual = config === undefined ? undefined : { value: config };
  return (path) => {
    const { spot } = walk(exported, path, actual);
    if (spot !== undefined) return placesOf(spot.module)(spot.offset);
    return exported.kind === "value" ? placesIn(file, source)(exported.value.node.start ?? 0) : undefined;
  };
};

/** Parses each module of the user once. */
export const openModules = (read: (file: string) => string | undefined): OpenModule => {
  const known = new Map<string, Module | undefined>();
  const open = (file: string): Module | undefined => {
    if (!known.has(file)) {
      const source = read(file);
      known.set(file, source === undefined ? undefined : readModule(file, source));
    }
    return known.get(file);
  };
  return (importer, specifier) => {
    if (!/^\.{0,2}\//.test(specifier)) return undefined;
    for (const candidate of modulesMeant(importer, specifier)) {
      const module = open(candidate);
      if (module !== undefined) return module;
    }
    return undefined;
  };
};
