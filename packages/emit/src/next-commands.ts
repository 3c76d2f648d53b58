import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Lock, type Plan, plannedPaths } from "@microvm-emit/model";
import { isBelow, sourceTreeOf } from "./source-tree.js";

/** What to type after emitting, where the process stands: a flake in a git work tree sees no file git does not know. */
export const nextCommands = (
  plan: Plan,
  configDir: string,
  outputDir: string,
  lock: { readonly file: string; readonly before: Lock },
): string[] => {
  const { root, isGit } = sourceTreeOf(outputDir);
  const own = [...new Set(plannedPaths(plan).map(({ path }) => resolve(configDir, path)))];
  const added = [outputDir, lock.file, ...own.filter((path) => existsSync(path))].filter((path) => isBelow(root, path));
  // Outside git, a flake sees nothing above its own directory unless it is told to.
  const reference =
    isGit || own.every((path) => isBelow(outputDir, path))
      ? relativeReference(outputDir)
      : `path:${configDir}?dir=${relative(configDir, outputDir)}`;
  return [
    ...(isGit ? [`git add ${added.map((path) => quoted(fromHere(path))).join(" ")}`] : []),
    // NixOS stops nothing that it no longer knows, and the next VM may get its addresses.
    ...goneVms(plan, lock.before).map((name) => `systemctl stop microvm@${name}  # gone from the config`),
    ...plan.hosts.map(({ name }) => `nixos-rebuild switch --flake ${quoted(`${reference}#${name}`)}`),
  ];
};

/** The VMs that the lock of the last run knows and the plan does not. */
const goneVms = (plan: Plan, before: Lock): readonly string[] => {
  const kept = new Set(plan.hosts.flatMap(({ name: host, vms }) => vms.map(({ name }) => `${host}/${name}`)));
  return Object.entries(before.hosts).flatMap(([host, vms]) =>
    Object.keys(vms).filter((name) => !kept.has(`${host}/${name}`)),
  );
};

const fromHere = (path: string): string => relative(process.cwd(), path) || ".";

/** A flake reference to a directory has to begin with a dot or slash, else it would name a registry's flake. */
const relativeReference = (dir: string): string => {
  const path = fromHere(dir);
  return path.startsWith(".") ? path : `./${path}`;
};

/** A word as a POSIX shell reads it back. */
const quoted = (word: string): string => (/^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
