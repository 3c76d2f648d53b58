import type { ConfigPath } from "@microvm-emit/model";
import { modulesMeant } from "./imports.js";
import { type Module, readModule } from "./locate/syntax.js";
import { type OpenModule, walkOf } from "./locate/values.js";
import { type Place, placeAtOffset } from "./place.js";

/** Finds where a config path is written; the deepest part of it that can be found, when it is computed. */
export type Locator = (path: ConfigPath) => Place | undefined;

/** What is known of a config besides its text. */
export interface Known {
  /** The config as it was loaded, by which one of several places is told from the others. */
  readonly config?: unknown;
  /** The text of a file that the config may import; undefined for what is none. */
  readonly read?: (file: string) => string | undefined;
}

/** Reads a config's source for places, running nothing of it; `file` says by its name how to read it. */
export const locator = async (file: string, source: string, known: Known = {}): Promise<Locator> => {
  if (/\.jsonc?$/.test(file)) return atOffsets(file, source, await jsonOffsets(source));
  if (/\.ya?ml$/.test(file)) return atOffsets(file, source, (await import("./yaml-place.js")).yamlOffsets(source));
  return inModule(file, source, known);
};

type Offsets = (path: ConfigPath) => number | undefined;

const atOffsets =
  (file: string, source: string, offsetOf: Offsets): Locator =>
  (path) => {
    const offset = offsetOf(path);
    return offset === undefined ? undefined : placeAtOffset(file, source, offset);
  };

const jsonOffsets = async (source: string): Promise<Offsets> => {
  const { findNodeAtLocation, parseTree } = await import("jsonc-parser");
  const root = parseTree(source);
  return (path) => {
    if (root === undefined) return undefined;
    for (let length = path.length; length >= 0; length--) {
      const node = findNodeAtLocation(root, path.slice(0, length));
      if (node !== undefined) return (node.parent?.type === "property" ? node.parent : node).offset;
    }
    return undefined;
  };
};

const inModule = (file: string, source: string, { config, read = () => undefined }: Known): Locator => {
  const exported = readModule(file, source)?.exports.get("default");
  if (exported === undefined) return () => undefined;
  const walk = walkOf(openModules(read));
  const actual = config === undefined ? undefined : { value: config };
  return (path) => {
    const spot = walk(exported, path, actual);
    if (spot !== undefined) return placeAtOffset(spot.module.file, spot.module.source, spot.offset);
    return exported.kind === "value" ? placeAtOffset(file, source, exported.value.node.start ?? 0) : undefined;
  };
};

/** Reads each module of the user's own once. */
const openModules = (read: (file: string) => string | undefined): OpenModule => {
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
