import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { HostPlan, Lock, Plan } from "@microvm-emit/model";
import { plannedPaths } from "./planned-paths.js";
import { isBelow, sourceTreeOf, unknownToGit } from "./source-tree.js";

/** What to type after emitting, where the process stands. */
export const nextCommands = (
  plan: Plan,
  configDir: string,
  outputDir: string,
  lock: { readonly file: string; readonly before: Lock },
): string[] => {
  const { root, isGit } = sourceTreeOf(outputDir);
  const own = [...new Set(plannedPaths(plan).map(({ path }) => resolve(configDir, path)))];
  // Outside git, a flake sees nothing above its own directory unless it is told to.
  const reference =
    isGit || own.every((path) => isBelow(outputDir, path))
      ? relativeReference(outputDir)
      : `path:${configDir}?dir=${relative(configDir, outputDir)}`;
  const added = isGit ? toAdd(root, configDir, [outputDir, lock.file, ...own]) : [];
  // What `nixos-rebuild` pins as root would be root's.
  const isLocked = existsSync(join(outputDir, "flake.lock"));
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const gone = goneVms(plan, lock.before);
  const hosts = new Set([...plan.hosts.map(({ name }) => name), ...gone.map(({ host }) => host)]);
  const remark = (host: string, ...others: readonly string[]): string => {
    const remarks = [...(hosts.size > 1 ? [`on ${host}`] : []), ...others];
    return remarks.length === 0 ? "" : `  # ${remarks.join(", ")}`;
  };
  return [
    ...(added.length === 0 ? [] : [`git add ${added.map((path) => quoted(asPath(fromHere(path)))).join(" ")}`]),
    ...(isLocked ? [] : [`nix flake lock ${quoted(reference)}`]),
    // NixOS stops nothing that it no longer knows, and the next VM may get its addresses.
    ...gone.map(
      ({ host, vm }) => `${sudo}systemctl stop ${quoted(`microvm@${vm}`)}${remark(host, "gone from the config")}`,
    ),
    ...plan.hosts.map(
      (host) =>
        `${sudo}nixos-rebuild switch --flake ${quoted(`${reference}#${host.name}`)}${remark(host.name, ...untilRestart(host, lock.before))}`,
    ),
  ];
};

/** A flake in a git work tree sees no file that git does not know, and modules may have others beside them. */
const toAdd = (root: string, configDir: string, paths: readonly string[]): readonly string[] => {
  const known = [...new Set(paths)].filter((path) => isBelow(root, path) && existsSync(path));
  const beside = isBelow(root, configDir) ? [join(configDir, "*.nix")] : [];
  const unknown = unknownToGit(root, [...known, ...beside, ":(exclude,glob)**/node_modules/**"]);
  if (unknown === undefined) return known;
  return [
    ...known.filter((path) => unknown.some((file) => isBelow(path, file))),
    ...unknown.filter((file) => !known.some((path) => isBelow(path, file))),
  ];
};

/** The VMs that the lock of the last run knows and the plan does not. */
const goneVms = (plan: Plan, before: Lock): readonly { readonly host: string; readonly vm: string }[] => {
  const kept = new Set(plan.hosts.flatMap(({ name: host, vms }) => vms.map(({ name }) => `${host}/${name}`)));
  return Object.entries(before.hosts).flatMap(([host, vms]) =>
    Object.keys(vms).flatMap((vm) => (kept.has(`${host}/${vm}`) ? [] : [{ host, vm }])),
  );
};

/**
 * What a switch leaves as it was. Which VMs that is for is not known here: what runs may be older than the flake that was on
 * disk.
 */
const untilRestart = ({ name: host, vms }: HostPlan, before: Lock): readonly string[] => {
  const known = before.hosts[host] ?? {};
  const [first, ...others] = vms.filter(({ name }) => Object.hasOwn(known, name));
  if (first === undefined) return [];
  return [
    `VMs that run keep their shares and connections until systemctl restart microvm@${others.length === 0 ? first.name : "NAME"}`,
  ];
};

const fromHere = (path: string): string => relative(process.cwd(), path) || ".";

/** Git would read a leading hyphen as an option's, and a colon as the start of a pattern. */
const asPath = (path: string): string => (/^[-:]/.test(path) ? `./${path}` : path);

/** A flake reference to a directory has to begin with a dot or slash, else it would name a registry's flake. */
const relativeReference = (dir: string): string => {
  const path = fromHere(dir);
  return path.startsWith(".") ? path : `./${path}`;
};

/** A word as a POSIX shell reads it back; one that begins with `#` would be a comment. */
const quoted = (word: string): string =>
  /^[\w@%+:,./][\w@%+=:,./#-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
