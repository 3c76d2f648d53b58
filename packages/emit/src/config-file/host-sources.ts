/** Files on this machine that control a host. */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostSource } from "@microvm-emit/model";
import { parse } from "@microvm-emit/nix-ast";
import { modulesMeant } from "./imports.js";
import { readIfThere, readText } from "../fs/read-text.js";
import { namedPaths } from "./named-paths.js";
import { namesIn, namesInText } from "./nix-names.js";
import type { Places } from "./places.js";
import { gitFolders, isBelow, sourceTreeOf } from "../fs/source-tree.js";
import { userCache, userState } from "../fs/user-folders.js";
import { withoutLinks } from "../fs/without-links.js";

/** All files and folders that can change the next run or the next `nixos-rebuild switch` if someone writes to them. */
export const hostSources = (config: unknown, places: Places): readonly HostSource[] => {
  const { config: file, outputDir, lock } = places;
  const starts = [...new Set([file, withoutLinks(file)].map((path) => dirname(path)))];
  const imported = following([file], importsOf);
  const named = namedBy(config, places);
  const sources: readonly HostSource[] = [
    { path: file, what: "the config of this host" },
    { path: outputDir, what: "the flake of this host" },
    { path: lock, what: "the lock of this config" },
    { path: packageRoot, what: "microvm-emit itself" },
    ...listed(userCache()).map((path) => ({ path, what: "the code cache of microvm-emit" })),
    ...listed(userState()).map((path) => ({ path, what: "the state folder of microvm-emit" })),
    ...imported.map((path) => ({ path, what: "a file that the config imports" })),
    ...named.paths.map((path) => ({ path, what: `a ${kindOf(path)} that the config names` })),
    ...[
      ...starts.flatMap(manifests),
      ...[...starts, outputDir].flatMap((folder) => gitFolders(sourceTreeOf(folder))),
      ...[...starts, packageRoot].flatMap(dependencies),
    ].map((path) => ({ path, what: "files that run with the config" })),
  ];
  const byPath = new Map<string, HostSource>();
  for (const { path: written, what } of sources)
    for (const path of [written, withoutLinks(written)]) if (!byPath.has(path)) byPath.set(path, { path, what });
  return [...byPath.values(), ...named.unfollowed, ...imported.flatMap(expressionsIn)];
};

const listed = (path: string | undefined): readonly string[] => (path === undefined ? [] : [path]);

const packageRoot = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));

/**
 * The modules with all files that they name, and the inputs; also folders with files that may be named by an
 * expression.
 */
const namedBy = (
  config: unknown,
  places: Places,
): { readonly paths: readonly string[]; readonly unfollowed: readonly HostSource[] } => {
  const { root } = sourceTreeOf(places.configDir);
  const { modules, bases, inputs } = namedPaths(config, places);
  const unfollowed = new Map<string, HostSource>();
  const leave = (path: string, file: string, why: string): void => {
    const folder = folderAt(path);
    unfollowed.set(`${file} ${folder}`, { path: folder, what: `files that ${file} may name`, unfollowed: why });
  };
  const isConfigIn = (folder: string): boolean =>
    [places.config, withoutLinks(places.config)].some((file) => isBelow(withoutLinks(folder), file));
  const isInTree = (path: string): boolean => isBelow(root, path) || isBelow(withoutLinks(root), path);
  const meant = (paths: readonly string[], file: string): readonly string[] =>
    paths.flatMap((path) => {
      if (!existsSync(path)) return [];
      if (!statSync(path).isDirectory()) return [path];
      const entry = join(path, "default.nix");
      // A folder with `default.nix` counts as a whole, unless it is the config's.
      if (existsSync(entry)) return [isConfigIn(path) ? entry : path];
      leave(path, file, `names the folder ${path}`);
      return [];
    });
  const namesOf = (path: string): readonly string[] => {
    const file = statSync(path).isDirectory() ? join(path, "default.nix") : path;
    const place = { folder: dirname(file), flake: places.outputDir };
    const text = readText(file);
    if (typeof text !== "string") {
      leave(place.folder, file, `cannot be read (${text.code})`);
      return [];
    }
    const parsed = parse(text);
    if (parsed._tag === "Left") {
      // A module may name data files.
      if (!file.endsWith(".nix")) return [];
      leave(place.folder, file, "is not valid Nix");
      return meant(namesInText(text, place).filter(isInTree), file);
    }
    const found = namesIn(parsed.right, place);
    for (const base of found.bases.filter(isInTree))
      leave(base, file, `names files in ${folderAt(base)} by an expression`);
    return meant(found.paths.filter(isInTree), file);
  };
  // The expression may be in any folder of the flake, so only bases that exist count.
  for (const base of bases.filter(isInTree).filter((path) => existsSync(path)))
    leave(base, places.config, `names files in ${folderAt(base)} by an expression`);
  const paths = following(meant(modules, places.config), namesOf);
  return {
    paths: [...paths, ...inputs.filter((path) => existsSync(path))],
    unfollowed: [...unfollowed.values()],
  };
};

/** The innermost existing folder on a path. */
const folderAt = (path: string): string =>
  existsSync(path) && statSync(path).isDirectory() ? path : folderAt(dirname(path));

const kindOf = (path: string): string => (statSync(path).isDirectory() ? "folder" : "file");

/** Follows a relation transitively; symlinks and their targets are both in the result. */
const following = (from: readonly string[], step: (file: string) => readonly string[]): readonly string[] => {
  const found = new Set(from);
  const byLink = new Set<string>();
  // A set's iterator also visits elements that the loop adds.
  for (const file of found) {
    const real = withoutLinks(file);
    // A circle of symlinks gives one file ever longer paths; one is enough.
    if (file === real || !byLink.has(real)) for (const next of step(file)) found.add(next);
    if (file !== real) byLink.add(real);
    found.add(real);
  }
  return [...found];
};

/** The text of a code file; data imports nothing. */
const codeOf = (file: string): string => (/\.[cm]?[jt]sx?$/.test(file) ? (readIfThere(file) ?? "") : "");

const importsOf = (file: string): readonly string[] => {
  const specifiers = /(?:\bfrom|\bimport|\brequire)\s*(?:\(\s*)?(["'])(\.{0,2}\/.*?|\.{1,2})\1/g;
  return [...codeOf(file).matchAll(specifiers)].flatMap(
    ([, , specifier = ""]) =>
      modulesMeant(file, specifier).find((path) => existsSync(path) && statSync(path).isFile()) ?? [],
  );
};

/** The folder of a file with computed imports. */
const expressionsIn = (file: string): readonly HostSource[] =>
  /\b(?:import|require)\s*\(\s*(?!["'\s])/.test(codeOf(file))
    ? [{ path: dirname(file), what: `files that ${file} may import`, unfollowed: "imports a module by an expression" }]
    : [];

/** The `package.json` files that decide how files of a folder are loaded. */
const manifests = (folder: string): readonly string[] =>
  foldersTo(sourceTreeOf(folder).root, folder)
    .map((dir) => join(dir, "package.json"))
    .filter(existsSync);

/** `node_modules` folders of a folder and its parents, and the targets of symlinks in them, as in workspaces. */
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

/** The folders from `root` to `folder`. */
const foldersTo = (root: string, folder: string): readonly string[] =>
  folder === root || dirname(folder) === folder ? [folder] : [...foldersTo(root, dirname(folder)), folder];
