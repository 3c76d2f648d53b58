import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { HostPlan, Lock, Plan, VmPlan } from "@microvm-emit/model";
import { indexEntries } from "../fs/git.js";
import { plannedPaths } from "../config-file/planned-paths.js";
import { isBelow, sourceTreeOf, unknownToGit } from "../fs/source-tree.js";
import { quoted, shellLine } from "../vm/shell-words.js";
import type { AffectedHost } from "./affected.js";

/** A run of emit. */
export interface Run {
  readonly plan: Plan;
  readonly configDir: string;
  readonly outputDir: string;
  readonly lock: { readonly file: string; readonly before: Lock };
  /** The hosts that the run changes, with the VMs whose files it changed. */
  readonly affected: readonly AffectedHost[];
}

/** The commands that a switch needs first: they let Nix read new files, and lock the inputs. */
export const preparations = ({
  plan,
  configDir,
  outputDir,
  lock,
}: Pick<Run, "plan" | "configDir" | "outputDir"> & { readonly lock: { readonly file: string } }): readonly (readonly [
  string,
  ...string[],
])[] => {
  const { root, isGit } = sourceTreeOf(outputDir);
  const added = isGit ? toAdd(root, configDir, [outputDir, lock.file, ...ownPaths(plan, configDir)]) : [];
  // A lock file that `nixos-rebuild` creates would belong to root.
  const isLocked = !plan.flake || existsSync(join(outputDir, "flake.lock"));
  // Nix 2.8 refuses `?dir=` of paths. Locking reads only inputs, and only relative inputs are outside of the directory.
  const lockReference = plan.inputs.some(({ url }) => /^(path:)?\.\.?(\/|$)/.test(url))
    ? flakeReference(plan, configDir, outputDir)
    : relativeReference(outputDir);
  return [
    ...(added.length === 0 ? [] : [["git", "add", ...added.map((path) => asPath(fromHere(path)))] as const]),
    ...(isLocked ? [] : [["nix", "flake", "lock", lockReference] as const]),
  ];
};

/** The commands that a run makes necessary, host by host, relative to the current directory. */
export const nextCommands = ({ plan, configDir, outputDir, lock, affected }: Run): readonly string[] => {
  const reference = flakeReference(plan, configDir, outputDir);
  // Root needs no `sudo`.
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const affectedVms = new Map(affected.map(({ host, vms }) => [host.name, vms]));
  return [
    ...preparations({ plan, configDir, outputDir, lock }).map(shellLine),
    ...plan.hosts.flatMap((host) => {
      const place = plan.hosts.length > 1 ? [`on ${host.name}`] : [];
      const line = (command: string, ...remarks: readonly string[]): string => {
        const all = [...place, ...remarks];
        return `${sudo}${command}${all.length === 0 ? "" : `  # ${all.join(", ")}`}`;
      };
      const vms = affectedVms.get(host.name);
      const stale = staleVms(host, lock.before, vms ?? []);
      return [
        ...(vms === undefined
          ? []
          : [
              line(
                `nixos-rebuild switch --flake ${quoted(`${reference}#${host.name}`)}`,
                ...remarksOn(host, lock.before),
              ),
            ]),
        ...(stale.length === 0
          ? []
          : [
              line(
                `systemctl try-restart ${stale.map(unitOf).join(" ")}`,
                "until then, they run with their old settings",
              ),
            ]),
      ];
    }),
  ];
};

/** The commands that bring a repository into a VM, before and after a switch. A path is a clone already. */
export const workCommands = (
  { hosts }: Plan,
  { host, name }: { readonly host: string; readonly name: string },
  repository: string,
): { readonly before: readonly string[]; readonly after: readonly string[] } => {
  const vm = hosts.find((one) => one.name === host)?.vms.find((one) => one.name === name);
  const clone = vm?.storage.repository?.clone?.value;
  if (clone === undefined) return { before: [], after: [] };
  // A shell does not expand a quoted tilde.
  const folder = clone.startsWith("~/") ? `~/${quoted(clone.slice(2))}` : quoted(clone);
  return {
    before: /^[./~]/.test(repository) ? [] : [`git clone ${quoted(repository)} ${folder}`],
    after: [`microvm-emit up ${name}`, `microvm-emit push ${name}`],
  };
};

/** The nearest folder above with a flake, which imports the hosts. */
const flakeAbove = (folder: string): string =>
  existsSync(join(folder, "flake.nix")) || dirname(folder) === folder ? folder : flakeAbove(dirname(folder));

/** The folder of the flake with the hosts. */
export const flakeFolder = (plan: Plan, outputDir: string): string => (plan.flake ? outputDir : flakeAbove(outputDir));

const unitOf = (vm: string): string => quoted(`microvm@${vm}`);

/** The files and directories of the user that the plan names. */
const ownPaths = (plan: Plan, configDir: string): readonly string[] => [
  ...new Set(plannedPaths(plan).map(({ path }) => resolve(configDir, path))),
];

/** The reference to the flake with the hosts, relative to the current directory. */
export const flakeReference = (plan: Plan, configDir: string, outputDir: string): string => {
  if (!plan.flake) return relativeReference(flakeAbove(outputDir));
  // Outside git, a flake can only read files in its own directory, unless the reference names a parent.
  return sourceTreeOf(outputDir).isGit || ownPaths(plan, configDir).every((path) => isBelow(outputDir, path))
    ? relativeReference(outputDir)
    : `path:${configDir}?dir=${relative(configDir, outputDir)}`;
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

/** The effect of the switch on VMs that left the config or were renamed. */
const remarksOn = (host: HostPlan, before: Lock): readonly string[] => {
  const gone = goneVms(host, before);
  const stopped = gone.filter(({ renamed }) => renamed === undefined).map(({ vm }) => inComment(vm));
  return [
    ...(stopped.length === 0 ? [] : [`stops ${stopped.join(", ")}${renameHint(host, before, gone)}`]),
    ...gone.flatMap(({ vm, renamed }) =>
      renamed === undefined ? [] : [`renames ${inComment(vm)} to ${renamed.name}`],
    ),
  ];
};

/** A name from the lock file, without line breaks. */
const inComment = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));

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

/** VMs that may run with their old settings after a switch: changed VMs that existed before. */
const staleVms = ({ name, vms }: HostPlan, before: Lock, changed: readonly string[]): readonly string[] => {
  const known = knownVms(name, before);
  return vms
    .filter((vm) => changed.includes(vm.name) && Object.hasOwn(known, vm.name) && !vm.restartIfChanged)
    .map((vm) => vm.name);
};

const fromHere = (path: string): string => relative(process.cwd(), path) || ".";

/** Git would parse a leading hyphen as an option, and a colon as a pathspec. */
const asPath = (path: string): string => (/^[-:]/.test(path) ? `./${path}` : path);

/** Nix looks up a reference in the registry unless it starts with a dot or slash. */
const relativeReference = (dir: string): string => {
  const path = fromHere(dir);
  return path.startsWith(".") ? path : `./${path}`;
};
