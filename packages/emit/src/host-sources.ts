/** What a host is made of on the machine that its config is read on. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostSource } from "@microvm-emit/model";
import { isNode, nodesOf, parse } from "@microvm-emit/nix-ast";
import { modulesMeant } from "./imports.js";
import { readIfThere } from "./load.js";
import type { Places } from "./run.js";
import { sourceTreeOf } from "./source-tree.js";
import { userCache } from "./user-cache.js";

/** Every file and folder whose writer decides what the next run, or the next switch, does. */
export const hostSources = (
  config: unknown,
  { config: file, configDir, outputDir, lock }: Places,
): readonly HostSource[] => {
  const { root } = sourceTreeOf(configDir);
  const named = [...new Set(relativePaths(config))].map((path) => resolve(configDir, path)).filter(existsSync);
  return [
    { path: file, what: "the config of this host" },
    { path: outputDir, what: "the flake of this host" },
    { path: lock, what: "the lock of this config" },
    ...following([file], importsOf).map((path) => ({ path, what: "a file that the config imports" })),
    ...following(named, pathsIn).map((path) => ({ path, what: "a file that the config names" })),
    ...foldersTo(root, configDir)
      .flatMap((dir) => ["node_modules", "package.json", ".git"].map((name) => join(dir, name)))
      .filter(existsSync)
      .map((path) => ({ path, what: "what runs with the config" })),
    { path: packageRoot, what: "microvm-emit itself" },
    { path: userCache(), what: "code that microvm-emit keeps" },
  ];
};

const packageRoot = realpathSync(fileURLToPath(new URL("..", import.meta.url)));

/** What the config names beside itself: modules, files, inputs. */
const relativePaths = (part: unknown): readonly string[] => {
  if (typeof part === "string") {
    const [, path] = /^(?:path:)?(\.{1,2}\/.*)/s.exec(part) ?? [];
    return path === undefined ? [] : [path];
  }
  if (typeof part !== "object" || part === null || isNode(part)) return [];
  return Object.values(part).flatMap(relativePaths);
};

/** These, and all that they lead to. */
const following = (from: readonly string[], step: (file: string) => readonly string[]): readonly string[] => {
  const found = new Set(from);
  // A set is walked to its end, also where that moves.
  for (const file of found) for (const next of step(file)) found.add(next);
  return [...found];
};

const importsOf = (file: string): readonly string[] => {
  const specifiers = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'])(\.{1,2}\/.*?)\1/g;
  return [...(readIfThere(file) ?? "").matchAll(specifiers)].flatMap(
    ([, , specifier = ""]) =>
      modulesMeant(file, specifier).find((path) => existsSync(path) && statSync(path).isFile()) ?? [],
  );
};

/** The paths that a file of Nix names; of a folder, those of its `default.nix`. */
const pathsIn = (path: string): readonly string[] => {
  const file = statSync(path).isDirectory() ? join(path, "default.nix") : path;
  const text = file.endsWith(".nix") ? readIfThere(file) : undefined;
  const parsed = text === undefined ? undefined : parse(text);
  if (parsed?._tag !== "Right") return [];
  return nodesOf(parsed.right).flatMap((node) => {
    if (node.kind !== "path" || node.parts.length > 1 || node.parts[0].startsWith("~")) return [];
    const named = resolve(dirname(file), node.parts[0]);
    return existsSync(named) ? [named] : [];
  });
};

/** From the outermost folder to the innermost. */
const foldersTo = (root: string, folder: string): readonly string[] =>
  folder === root || dirname(folder) === folder ? [folder] : [...foldersTo(root, dirname(folder)), folder];
