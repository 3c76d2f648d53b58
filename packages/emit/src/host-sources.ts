/** What a host is made of on the machine that its config is read on. */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostSource } from "@microvm-emit/model";
import { parse } from "@microvm-emit/nix-ast";
import { modulesMeant } from "./imports.js";
import { readIfThere } from "./load.js";
import { namedPaths, pathsOf } from "./named-paths.js";
import type { Places } from "./run.js";
import { gitFolders, isBelow, sourceTreeOf } from "./source-tree.js";
import { stateRoot } from "./state-folder.js";
import { userCache } from "./user-cache.js";
import { withoutLinks } from "./without-links.js";

/** Every file and folder whose writer decides what the next run, or the next switch, does. */
export const hostSources = (config: unknown, places: Places): readonly HostSource[] => {
  const { config: file, outputDir, lock } = places;
  const starts = [...new Set([file, withoutLinks(file)].map((path) => dirname(path)))];
  const sources = [
    { path: file, what: "the config of this host" },
    { path: outputDir, what: "the flake of this host" },
    { path: lock, what: "the lock of this config" },
    { path: packageRoot, what: "microvm-emit itself" },
    { path: userCache(), what: "code that microvm-emit keeps" },
    { path: stateRoot(), what: "files that microvm-emit restores" },
    ...following([file], importsOf).map((path) => ({ path, what: "a file that the config imports" })),
    ...namedBy(config, places).map((path) => ({ path, what: `a ${kindOf(path)} that the config names` })),
    ...[
      ...starts.flatMap(manifests),
      ...[...starts, outputDir].flatMap((folder) => gitFolders(sourceTreeOf(folder))),
      ...[...starts, packageRoot].flatMap(dependencies),
    ].map((path) => ({ path, what: "what runs with the config" })),
  ];
  const byPath = new Map<string, HostSource>();
  for (const { path: written, what } of sources)
    for (const path of [written, withoutLinks(written)]) if (!byPath.has(path)) byPath.set(path, { path, what });
  return [...byPath.values()];
};

const packageRoot = realpathSync(fileURLToPath(new URL("..", import.meta.url)));

/** Modules with what they name in turn, and inputs as they are. */
const namedBy = (config: unknown, places: Places): readonly string[] => {
  const { root } = sourceTreeOf(places.configDir);
  const { modules, inputs } = namedPaths(config, places);
  const isConfigIn = (folder: string): boolean =>
    [places.config, withoutLinks(places.config)].some((file) => isBelow(withoutLinks(folder), file));
  const meant = (paths: readonly string[]): readonly string[] =>
    paths.flatMap((path) => {
      if (!existsSync(path)) return [];
      if (!statSync(path).isDirectory()) return [path];
      const entry = join(path, "default.nix");
      // Nix may name a folder of data, and all that is beside the config.
      return existsSync(entry) ? [isConfigIn(path) ? entry : path] : [];
    });
  const named = following(meant(modules), (path) =>
    meant(nixPathsIn(path).filter((found) => isBelow(root, found) || isBelow(withoutLinks(root), found))),
  );
  return [...named, ...inputs.filter((path) => existsSync(path))];
};

const kindOf = (path: string): string => (statSync(path).isDirectory() ? "folder" : "file");

/** These, all that they lead to, and what is there where one is a link. */
const following = (from: readonly string[], step: (file: string) => readonly string[]): readonly string[] => {
  const found = new Set(from);
  const byLink = new Set<string>();
  // A set is walked to its end, also where that moves.
  for (const file of found) {
    const real = withoutLinks(file);
    // Links that lead in a circle give one file ever longer paths: one of them says enough.
    if (file === real || !byLink.has(real)) for (const next of step(file)) found.add(next);
    if (file !== real) byLink.add(real);
    found.add(real);
  }
  return [...found];
};

const importsOf = (file: string): readonly string[] => {
  const specifiers = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'])(\.{0,2}\/.*?|\.{1,2})\1/g;
  return [...(readIfThere(file) ?? "").matchAll(specifiers)].flatMap(
    ([, , specifier = ""]) =>
      modulesMeant(file, specifier).find((path) => existsSync(path) && statSync(path).isFile()) ?? [],
  );
};

/** The paths that a file of Nix names; of a folder, those of its `default.nix`. */
const nixPathsIn = (path: string): readonly string[] => {
  const file = statSync(path).isDirectory() ? join(path, "default.nix") : path;
  const text = file.endsWith(".nix") ? readIfThere(file) : undefined;
  const parsed = text === undefined ? undefined : parse(text);
  return parsed?._tag === "Right" ? pathsOf(parsed.right, dirname(file)) : [];
};

/** What says how the files of a folder are loaded. */
const manifests = (folder: string): readonly string[] =>
  foldersTo(sourceTreeOf(folder).root, folder)
    .map((dir) => join(dir, "package.json"))
    .filter(existsSync);

/** Where packages are looked for from a folder, with those that are links to elsewhere, as in workspaces. */
const dependencies = (folder: string): readonly string[] =>
  foldersTo("/", folder)
    .map((dir) => join(dir, "node_modules"))
    .filter(existsSync)
    .flatMap((dir) => [dir, ...linksIn(dir)]);

const linksIn = (dir: string): readonly string[] =>
  entriesOf(dir).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isSymbolicLink()) return [withoutLinks(path)];
    return entry.isDirectory() && entry.name.startsWith("@") ? linksIn(path) : [];
  });

const entriesOf = (dir: string) => {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
};

/** From the outermost folder to the innermost. */
const foldersTo = (root: string, folder: string): readonly string[] =>
  folder === root || dirname(folder) === folder ? [folder] : [...foldersTo(root, dirname(folder)), folder];
