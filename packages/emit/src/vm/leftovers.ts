import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { HostPlan, Lock } from "@microvm-emit/model";
import { openFolders } from "../fs/folders.js";
import { isBelow } from "../fs/source-tree.js";
import { withoutLinks } from "../fs/without-links.js";
import { Failed } from "../report/failure.js";
import type { Leftover, LeftoverFolder } from "../report/leftovers.js";

/** Folders with one entry per VM, by default. */
const parentsOf = (
  { stateDirectory, vms }: HostPlan,
  root: string,
): readonly Pick<LeftoverFolder, "kind" | "path">[] => {
  const homes = [...new Set(vms.map(({ guest }) => guest.users[0].homeDirectory))];
  return [
    { kind: "state", path: stateDirectory } as const,
    { kind: "host keys", path: "/var/lib/microvm-host-keys" } as const,
    ...homes.flatMap((home) => [
      { kind: "workspace", path: join(home, "microvm") } as const,
      // The state of an agent with `agentState: "own"`.
      ...entriesOf(join(root, home))
        .filter((name) => name.endsWith("-microvm-vms"))
        .map((name) => ({ kind: "agent", path: join(home, name) }) as const),
    ]),
  ];
};

/**
 * Finds folders on a host of VMs that are not in its config.
 *
 * @param root the root of the host's file system.
 */
export const leftoversOn = (host: HostPlan, lock: Lock, root: string): readonly Leftover[] => {
  const current = new Set([...host.vms, ...host.importedVms].map(({ name }) => name));
  const freed = new Set(
    (Object.hasOwn(lock.freed ?? {}, host.name) ? (lock.freed?.[host.name] ?? []) : []).map(({ vm }) => vm),
  );
  const used = usedPaths(host).map((path) => withoutLinks(join(root, path)));
  // Without parents of shares, because their other contents are not in use.
  const made = host.vms.flatMap(({ storage }) => storage.directories.map(({ path }) => withoutLinks(join(root, path))));
  const isUsed = (folder: string): boolean =>
    used.some((path) => isBelow(path, folder) || isBelow(folder, path)) || made.some((path) => isBelow(folder, path));
  const found = new Map<string, LeftoverFolder[]>();
  for (const { kind, path } of parentsOf(host, root)) {
    const parent = withoutLinks(join(root, path));
    // A link on a mounted disk may lead out of it.
    if (!isBelow(withoutLinks(root), parent)) continue;
    for (const name of entriesOf(parent)) {
      const folder = join(parent, name);
      // Guests write to some of these folders: never remove a symlink.
      if (current.has(name) || !isFolder(folder) || isUsed(folder)) continue;
      found.set(name, [...(found.get(name) ?? []), { kind, path: folder, bytes: sizeOf(folder) }]);
    }
  }
  return [...found]
    .map(([vm, folders]) => ({ vm, isInLock: freed.has(vm), folders }))
    .sort((a, b) => (a.vm < b.vm ? -1 : 1));
};

/** The paths on the host that a VM of the config uses. */
const usedPaths = ({ vms, stateDirectory }: HostPlan): readonly string[] =>
  vms.flatMap(({ name, storage: { shares, workspace, sshHostKeys, volumes } }) => [
    join(stateDirectory, name),
    ...shares.map(({ source }) => source),
    ...[workspace, sshHostKeys].filter((path) => path !== null),
    ...volumes.map(({ image }) => resolve(stateDirectory, name, image)),
  ]);

const entriesOf = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The bytes on the disk; undefined if a part cannot be read. */
const sizeOf = (folder: string): number | undefined => {
  const { status, stdout } = spawnSync("du", ["-skx", "--", folder], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? Number.parseInt(stdout, 10) * 1024 : undefined;
};

/** Fails for a VM that runs: NixOS does not stop a VM that left the configuration. */
export const requireStopped = (vms: readonly string[]): void => {
  const running = vms.filter((vm) => {
    const { stdout } = spawnSync("systemctl", ["is-active", "--", `microvm@${vm}.service`], { encoding: "utf8" });
    return ["active", "activating", "deactivating", "reloading"].includes(stdout.trim());
  });
  if (running.length > 0) throw new Failed({ kind: "leftover-in-use", vms: running });
};

/**
 * Removes a folder without following symlinks: its path is opened folder by folder, and GNU rm does the same inside. Other file systems
 * below it stay.
 */
export const removeFolder = (folder: string): void => {
  const folders = openFolders();
  try {
    const entry = folders.at(folder);
    if (!isFolder(entry)) throw new Error(`${folder} is not a directory`);
    execFileSync("rm", ["-rf", "--one-file-system", "--", `./${basename(folder)}`], {
      cwd: dirname(entry).replace("/proc/self/", `/proc/${String(process.pid)}/`),
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: Buffer; readonly message: string };
    const [cause = message] = stderr === undefined ? [] : stderr.toString("utf8").trim().split("\n");
    throw new Failed({ kind: "leftover-not-removed", folder, cause: folders.readable(cause) });
  } finally {
    folders.close();
  }
};
