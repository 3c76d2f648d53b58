import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, rmdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Folders, opened without following a symbolic link.
 *
 * Linux leads `/proc/self/fd/N/name` into the folder that was opened, whatever stands at its path since, so that what
 * was checked and what is changed are one folder. Other systems have no such path: there the folders are checked alone.
 */
export interface Folders {
  /** A path to the entry of an absolute path without links; throws ENOTDIR where one of its folders is a link. */
  readonly at: (path: string) => string;
  /** The same, making the folders that are missing. */
  readonly make: (path: string) => string;
  /** Removes a folder where it is empty. */
  readonly removeEmpty: (folder: string) => void;
  /** The folders made, outermost first. */
  readonly made: readonly string[];
  /** Has the system put the entries of a folder on the disk. */
  readonly sync: (folder: string) => Promise<void>;
  /** A message with its folders as the user knows them. */
  readonly readable: (message: string) => string;
  readonly close: () => void;
}

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
// Node does not name it. Needs no permission to list the folder.
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
        // Not empty, or gone: a folder too many does no harm.
        return;
      }
      const descriptor = opened.get(path);
      if (descriptor !== undefined) closeSync(descriptor);
      opened.delete(path);
    },
    made,
    // A path that ends in the descriptor is a link itself.
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

/** Whether nothing stands at a path, by the error of a call on it; the latter: something above it is a file. */
export const isAbsence = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");

/** Whether anything stands at a path, a dangling link included. */
export const isThere = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
};

/** A regular file, or the kind of whatever stands in its place. */
export type Entry =
  { readonly bytes: Buffer; readonly mode: number } | "none" | "symlink" | "directory" | "special" | "large";

/** No file that is emitted comes near it. */
const maxBytes = 1 << 26;

/** Reads an entry without following a link, nor waiting for a FIFO's writer. */
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

/** Has the system put a file or folder on the disk, where its file system can. */
export const sync = async (path: string): Promise<void> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    await handle.sync();
  } catch (error) {
    if (!["EACCES", "EINVAL", "ENOTSUP"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle?.close();
  }
};
