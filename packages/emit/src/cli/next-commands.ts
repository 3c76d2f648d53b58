import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { HostPlan, Lock, Plan, VmPlan } from "@microvm-emit/model";
import { indexEntries } from "../fs/git.js";
import { plannedPaths } from "../config-file/planned-paths.js";
import { isBelow, sourceTreeOf, unknownToGit } from "../fs/source-tree.js";
import { quoted } from "../vm/shell-words.js";

/** The commands to run after emitting, relative to the current directory. */
export const nextCommands = (
  plan: Plan,
  configDir: string,
  outputDir: string,
  lock: { readonly file: string; readonly before: Lock },
): string[] => {
  const { root, isGit } = sourceTreeOf(outputDir);
  const own = [...new Set(plannedPaths(plan).map(({ path }) => resolve(configDir, path)))];
  // Outside git, a flake can only read files in its own directory, unless the reference names a parent.
  const reference =
    isGit || own.every((path) => isBelow(outputDir, path))
      ? relativeReference(outputDir)
      : `path:${configDir}?dir=${relative(configDir, outputDir)}`;
  const added = isGit ? toAdd(root, configDir, [outputDir, lock.file, ...own]) : [];
  // A lock file that `nixos-rebuild` creates would belong to root.
  const isLocked = existsSync(join(outputDir, "flake.lock"));
  // Root needs no `sudo`.
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const remark = (host: string, ...others: readonly string[]): string => {
    const remarks = [...(plan.hosts.length > 1 ? [`on ${host}`] : []), ...others];
    return remarks.length === 0 ? "" : `  # ${remarks.join(", ")}`;
  };
  return [
    ...(added.length === 0 ? [] : [`git add ${added.map((path) => quoted(asPath(fromHere(path)))).join(" ")}`]),
    ...(isLocked ? [] : [`nix flake lock ${quoted(reference)}`]),
    // NixOS does not stop a VM that was removed from its configuration.
    ...plan.hosts.flatMap((host) =>
      goneVms(host, lock.before).flatMap(({ vm, renamed }, _, gone) => [
        `${sudo}systemctl stop ${quoted(`microvm@${vm}`)}${remark(host.name, renamed === undefined ? `removed from the config${renameHint(host, lock.before, gone)}` : `renamed to ${renamed.name}`)}`,
        ...movedFolders(host, vm, renamed).map(
          ([from, to]) => `${sudo}mv -T ${quoted(from)} ${quoted(to)}${remark(host.name)}`,
        ),
      ]),
    ),
    ...plan.hosts.map(
      (host) =>
        `${sudo}nixos-rebuild switch --flake ${quoted(`${reference}#${host.name}`)}${remark(host.name, ...untilRestart(host, lock.before, sudo))}`,
    ),
  ];
};

/** The command that clones a repository into the workspace of a VM; none for a VM without one. */
export const cloneCommand = (
  { hosts }: Plan,
  { host, name }: { readonly host: string; readonly name: string },
  repository: string,
): readonly string[] => {
  const vm = hosts.find((one) => one.name === host)?.vms.find((one) => one.name === name);
  const workspace = vm?.storage.workspace;
  return workspace == null
    ? []
    : [`git clone ${quoted(repository)} ${quoted(workspace)}${hosts.length > 1 ? `  # on ${host}` : ""}`];
};

/**
 * Paths to pass to `git add`. A flake in a git work tree cannot read untracked files, and modules may need files beside
 * them. Adding a file also marks its merge conflict as resolved.
 */
const toAdd = (root: string, configDir: string, paths: readonly string[]): readonly string[] => {
  const known = [...new Set(paths)].filter((path) => isBelow(root, path) && existsSync(path));
  const beside = isBelow(root, configDir) ? [join(configDir, "*.nix")] : [];
  const unknown = unknownToGit(root, [...known, ...beside, ":(exclude,glob)**/node_modules/**"]);
  if (unknown === undefined) return known;
  const unmerged = indexEntries(root, "unmerged", known).map(({ path }) => join(root, path));
  return [
    ...known.filter((path) => [...unknown, ...unmerged].some((file) => isBelow(path, file))),
    ...unknown.filter((file) => !known.some((path) => isBelow(path, file))),
  ];
};

interface GoneVm {
  readonly vm: string;
  /** The VM under its new name. */
  readonly renamed: VmPlan | undefined;
}

/**
 * VMs of the last run that are missing or renamed now, and VMs removed earlier that `renamedFrom` restores under a new
 * name.
 */
const goneVms = ({ name, vms }: HostPlan, before: Lock): readonly GoneVm[] => {
  const kept = new Set(vms.map((vm) => vm.name));
  const renamedLate = (Object.hasOwn(before.freed ?? {}, name) ? (before.freed?.[name] ?? []) : []).filter((freed) =>
    vms.some(({ renamedFrom, index }) => renamedFrom === freed.vm && index === freed.index),
  );
  return [...Object.keys(knownVms(name, before)), ...renamedLate.map(({ vm }) => vm)]
    .filter((vm) => !kept.has(vm))
    .map((vm) => ({ vm, renamed: vms.find(({ renamedFrom }) => renamedFrom === vm) }));
};

/** A suggestion to set `renamedFrom`, if one VM was removed and one added. */
const renameHint = ({ name, vms }: HostPlan, before: Lock, gone: readonly GoneVm[]): string => {
  const known = knownVms(name, before);
  const [added, ...others] = vms.filter((vm) => !Object.hasOwn(known, vm.name) && vm.renamedFrom === null);
  const [left] = gone;
  return added === undefined || others.length > 0 || left === undefined || gone.length > 1
    ? ""
    : ` (renamed to ${added.name}? Then set its renamedFrom to ${JSON.stringify(left.vm)} and run again)`;
};

const knownVms = (host: string, before: Lock): Readonly<Record<string, number>> =>
  Object.hasOwn(before.hosts, host) ? (before.hosts[host] ?? {}) : {};

/** Folders with the name of a renamed VM, before and after. */
const movedFolders = (
  { stateDirectory }: HostPlan,
  before: string,
  renamed: VmPlan | undefined,
): readonly (readonly [from: string, to: string])[] => {
  if (renamed === undefined) return [];
  const {
    name,
    storage: { sshHostKeys, workspace, directories },
    guest: { users },
  } = renamed;
  const named = [
    { folders: [sshHostKeys], parent: "/var/lib/microvm-host-keys/" },
    { folders: [workspace], parent: `${users[0].homeDirectory}/microvm/` },
    // An agent's state with `agentState: "own"`.
    { folders: directories.map(({ path }) => path), parent: "-vms/" },
  ].flatMap(({ folders, parent }) => folders.filter((folder) => folder?.endsWith(parent + name) === true));
  return [`${stateDirectory}/${name}`, ...new Set(named.filter((folder) => folder !== null))].map(
    (folder) => [folder.slice(0, -name.length) + before, folder] as const,
  );
};

/** A remark on running VMs, which a switch does not restart. The running version is unknown, so it applies to all. */
const untilRestart = ({ name: host, vms }: HostPlan, before: Lock, sudo: string): readonly string[] => {
  const known = knownVms(host, before);
  const [first, ...others] = vms.filter(({ name }) => Object.hasOwn(known, name));
  if (first === undefined) return [];
  return [
    `running VMs keep their shares and connections until ${sudo}systemctl restart microvm@${others.length === 0 ? first.name : "NAME"}`,
  ];
};

const fromHere = (path: string): string => relative(process.cwd(), path) || ".";

/** Git would parse a leading hyphen as an option, and a colon as a pathspec. */
const asPath = (path: string): string => (/^[-:]/.test(path) ? `./${path}` : path);

/** Nix looks up a reference in the registry unless it starts with a dot or slash. */
const relativeReference = (dir: string): string => {
  const path = fromHere(dir);
  return path.startsWith(".") ? path : `./${path}`;
};
