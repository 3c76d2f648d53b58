import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

/**
 * Opens folders without following symlinks.
 *
 * On Linux, `/proc/self/fd/N/name` refers to the opened folder even if its path now leads elsewhere, so the checked and
 * the changed folder are the same. Other systems only have the check.
 */
export interface Folders {
  /** A usable path for an absolute path without symlinks; throws ENOTDIR if a parent is a symlink. */
  readonly at: (path: string) => string;
  /** Like `at`, but creates missing folders. */
  readonly make: (path: string) => string;
  /** Removes an empty folder; ignores others. */
  readonly removeEmpty: (folder: string) => void;
  /** Created folders, outermost first. */
  readonly made: readonly string[];
  /** Flushes the entries of a folder to disk. */
  readonly sync: (folder: string) => Promise<void>;
  /** Replaces `/proc` paths in a message with the user's paths. */
  readonly readable: (message: string) => string;
  readonly close: () => void;
}

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
// Missing in Node's constants. Needs no read permission on the folder.
const O_PATH = 0o10000000;

export const openFolders = (): Folders => {
  const opened = new Map<string, number>();
  const made: string[] = [];
  const folder = (path: string, make: boolean): string => {
    if (dirname(path) === path) return path;
    const known = opened.get(path);
    if (known !== undefined) return descriptorPath(known);
    const entry = join(folder(dirname(path), make), basename(path));
    if (make && isMade(entry)) made.push(path);
    if (process.platform !== "linux") return requireFolder(entry);
    const descriptor = openSync(entry, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    opened.set(path, descriptor);
    return descriptorPath(descriptor);
  };
  return {
    at: (path) => join(folder(dirname(path), false), basename(path)),
    make: (path) => join(folder(dirname(path), true), basename(path)),
    removeEmpty: (path) => {
      try {
        rmdirSync(join(folder(dirname(path), false), basename(path)));
      } catch {
        // The folder is not empty or already removed; both are harmless.
        return;
      }
      const descriptor = opened.get(path);
      if (descriptor !== undefined) closeSync(descriptor);
      opened.delete(path);
    },
    made,
    // Without `/.`, the path to the descriptor is itself a symlink.
    sync: (path) => sync(`${folder(path, false)}/.`),
    readable: (message) =>
      [...opened].reduce(
        (text, [path, descriptor]) => text.replaceAll(`${descriptorPath(descriptor)}/`, `${path}/`),
        message,
      ),
    close: () => {
      for (const descriptor of opened.values()) closeSync(descriptor);
      opened.clear();
    },
  };
};

const descriptorPath = (descriptor: number): string => `/proc/self/fd/${String(descriptor)}`;

const isMade = (path: string): boolean => {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
};

const requireFolder = (path: string): string => {
  if (lstatSync(path).isDirectory()) return path;
  throw Object.assign(new Error(`ENOTDIR: not a directory, open '${path}'`), {
    code: "ENOTDIR",
    syscall: "open",
    path,
  });
};

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** True if the error means that a path does not exist; ENOTDIR: a parent is a file. */
export const isAbsence = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");

/** True if the path exists; a dangling symlink counts. */
export const isThere = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
};

/** A regular file, or the kind of another entry. */
export type Entry =
  { readonly bytes: Buffer; readonly mode: number } | "none" | "symlink" | "directory" | "special" | "large";

/** Far above any emitted file. */
const maxBytes = 1 << 26;

/** Reads an entry. Follows no symlink and does not block on a FIFO. */
export const readEntry = (path: string, limit = maxBytes): Entry => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "none";
  if (stat.isSymbolicLink()) return "symlink";
  if (!stat.isFile()) return stat.isDirectory() ? "directory" : "special";
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const opened = fstatSync(descriptor);
    if (!opened.isFile()) return "special";
    return opened.size > limit ? "large" : { bytes: readFileSync(descriptor), mode: opened.mode & 0o7777 };
  } finally {
    closeSync(descriptor);
  }
};

/** Flushes a file or folder to disk, if its file system supports this. */
export const sync = async (path: string): Promise<void> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    // Yarn's file handles have no `sync`.
    await promisify(fsync)(handle.fd);
  } catch (error) {
    if (!["EACCES", "EINVAL", "ENOTSUP"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle?.close();
  }
};
