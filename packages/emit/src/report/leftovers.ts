import type { Style } from "./style.js";

/** A folder on the host of a VM that is not in the config. */
export interface LeftoverFolder {
  readonly kind: "state" | "host keys" | "workspace" | "agent";
  readonly path: string;
  /** The space on the disk; undefined if a part cannot be read. */
  readonly bytes: number | undefined;
}

/** The folders of one VM. */
export interface Leftover {
  readonly vm: string;
  /** True if the lock contains the VM. Otherwise, another program may have made the folders. */
  readonly isInLock: boolean;
  readonly folders: readonly LeftoverFolder[];
}

export interface Leftovers {
  readonly host: string;
  readonly leftovers: readonly Leftover[];
  /** Paths of folders that this run removed. */
  readonly removed: readonly string[];
  /** Paths of folders that `--yes` would remove. */
  readonly removable: readonly string[];
}

export const formatLeftovers = ({ host, leftovers, removed, removable }: Leftovers, style: Style): string => {
  if (removed.length > 0) return `${removed.map((path) => `${style.red("removed")}  ${path}`).join("\n")}\n`;
  if (removable.length > 0) {
    const lines = removable.map((path) => `  ${path}`);
    return `${[style.bold("This removes:"), ...lines, "", "Run the command again with --yes. This cannot be undone."].join("\n")}\n`;
  }
  if (leftovers.length === 0) return `${host} has no folders of VMs that left the config.\n`;
  const width = Math.max(...leftovers.flatMap(({ folders }) => folders.map(({ kind }) => kind.length)));
  return `${[
    ...leftovers.flatMap(({ vm, isInLock, folders }) => [
      `${style.bold(vm)}${isInLock ? "" : style.yellow("  not in the lock: another program may have made it")}`,
      ...folders.map(({ kind, path, bytes }) => `  ${kind.padEnd(width)}  ${sizeWords(bytes).padStart(10)}  ${path}`),
    ]),
    "",
    `Remove them by name: ${style.bold("microvm-emit gc --delete NAME")}. Workspaces stay unless you add --with-workspace; a repository on a disk of the VM is part of its state.`,
  ].join("\n")}\n`;
};

const units = ["KiB", "MiB", "GiB", "TiB"];

const sizeWords = (bytes: number | undefined): string => {
  if (bytes === undefined) return "unreadable";
  let size = bytes / 1024;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size >= 10 || unit === 0 ? String(Math.round(size)) : size.toFixed(1)} ${units[unit] ?? ""}`;
};
