import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Changes to files that happen all or not at all.
 *
 * Everything lies in one staging directory: the new files before they take their places, the old ones after, and a
 * journal that says which. Whoever finds the staging directory of a run that died puts the old files back, so even
 * a kill leaves no half-written tree for longer than until the next run.
 */

/** One file to put or remove; `path` is absolute. */
export type Change =
  | { readonly action: "put"; readonly path: string; readonly text: string }
  | { readonly action: "remove"; readonly path: string };

/** The right to change the files below a directory, held by one run at a time. */
export interface Hold {
  readonly staging: string;
  /** Directories made to get here, outermost first. */
  readonly made: readonly string[];
  /** The name of our entry among the owners. */
  readonly owner: string;
}

export interface Busy {
  readonly staging: string;
  readonly holder: string;
}

interface JournalEntry {
  readonly path: string;
  /** Whether a file was there before. */
  readonly existed: boolean;
}

interface Journal {
  readonly entries: readonly JournalEntry[];
  /** Directories the changes need that were not there, outermost first. */
  readonly directories: readonly string[];
}

export const stagingName = ".microvm-emit.tmp";
const journalName = "journal.json";
const partSuffix = ".microvm-emit-part";

/** Whether anything stands at a path, a dangling link included. */
export const isThere = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // The latter: something above it is a file.
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw error;
  }
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/**
 * Runs `body` while no other run may change what lies below `dir`, which is made when it is not there; mends first
 * what a dead run left. Signals wait until the hold is released, so that an interrupted run leaves nothing behind.
 */
export const holding = async <A>(dir: string, patienceMs: number, body: (hold: Hold) => A): Promise<A | Busy> => {
  const pending = new Set<NodeJS.Signals>();
  const note = (signal: NodeJS.Signals): void => void pending.add(signal);
  for (const signal of deferredSignals) process.on(signal, note);
  try {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const taken = take(dir);
      if ("owner" in taken) {
        try {
          undo(taken);
          return body(taken);
        } finally {
          release(taken);
        }
      }
      if (Date.now() > deadline || pending.size > 0) return taken;
      await sleep(25);
    }
  } finally {
    for (const signal of deferredSignals) process.off(signal, note);
    for (const signal of pending) process.kill(process.pid, signal);
  }
};

const deferredSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Takes hold of a directory, or says who holds it.
 *
 * Owners are symbolic links `owner-0`, `owner-1`, … to `pid@host`: making one is atomic and carries its content, and
 * whoever makes the next after a dead owner's is the one successor. Nothing is ever removed to take over, so two
 * that find the same dead run cannot both win.
 */
const take = (dir: string): Hold | Busy => {
  const staging = join(dir, stagingName);
  for (;;) {
    const made = makeDirectory(dir);
    try {
      mkdirSync(staging);
    } catch (error) {
      // Another run that made `dir` may have failed and removed it since.
      if (codeOf(error) === "ENOENT") continue;
      if (codeOf(error) !== "EEXIST") {
        removeEmpty(made.toReversed());
        throw error;
      }
    }
    const last = lastOwner(staging);
    if (last !== undefined && isAlive(last.holder)) return { staging, holder: last.holder };
    const owner = `owner-${(last?.generation ?? -1) + 1}`;
    try {
      symlinkSync(`${process.pid}@${hostname()}`, join(staging, owner));
      return { staging, made, owner };
    } catch (error) {
      if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOENT") continue;
      removeEmpty([staging, ...made.toReversed()]);
      throw error;
    }
  }
};

/** Makes a directory and those above it; gives the ones that were not there, outermost first. */
const makeDirectory = (dir: string): string[] => {
  const missing = missingDirectories(dir);
  // Not by `recursive`, which never ends where the system makes no directories, as in /proc.
  for (const each of missing) {
    try {
      mkdirSync(each);
    } catch (error) {
      if (codeOf(error) === "EEXIST") continue;
      removeEmpty(missing.toReversed());
      throw error;
    }
  }
  return missing;
};

const missingDirectories = (dir: string): string[] =>
  existsSync(dir) || dirname(dir) === dir ? [] : [...missingDirectories(dirname(dir)), dir];

const lastOwner = (staging: string): { generation: number; holder: string } | undefined => {
  try {
    const generations = readdirSync(staging).flatMap((name) => {
      const generation = /^owner-(\d+)$/.exec(name)?.[1];
      return generation === undefined ? [] : [Number(generation)];
    });
    if (generations.length === 0) return undefined;
    const generation = Math.max(...generations);
    return { generation, holder: readlinkSync(join(staging, `owner-${generation}`)) };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
};

/** Whether the run behind `pid@host` may still be at work; one on another machine is taken to be. */
const isAlive = (holder: string): boolean => {
  const [pid, host] = holder.split("@");
  if (host !== hostname()) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
};

/** Makes all the changes, or throws with every file as it was, unless {@link isHalfDone}. */
export const apply = (hold: Hold, changes: readonly Change[]): void => {
  try {
    stage(hold, changes);
    changes.forEach(({ action, path }, index) => {
      if (isThere(path)) move(path, join(hold.staging, `old-${index}`));
      if (action === "put") move(join(hold.staging, `new-${index}`), path);
    });
    // The one step that makes the changes final.
    unlinkSync(join(hold.staging, journalName));
  } catch (error) {
    undo(hold);
    throw error;
  }
};

const stage = (hold: Hold, changes: readonly Change[]): void => {
  changes.forEach((change, index) => {
    if (change.action === "put") writeFileSync(join(hold.staging, `new-${index}`), change.text);
  });
  const parents = new Set(changes.filter(({ action }) => action === "put").map(({ path }) => dirname(path)));
  const directories = [...new Set([...parents].flatMap(missingDirectories))];
  const entries = changes.map(({ path }) => ({ path, existed: isThere(path) }));
  const draft = join(hold.staging, `journal-${randomUUID()}`);
  writeFileSync(draft, JSON.stringify({ entries, directories } satisfies Journal));
  renameSync(draft, join(hold.staging, journalName));
  for (const dir of parents) makeDirectory(dir);
};

/** Renames, or copies where that crosses file systems, so that `to` is never seen half-written. */
const move = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    copyFileSync(from, `${to}${partSuffix}`);
    renameSync(`${to}${partSuffix}`, to);
    unlinkSync(from);
  }
};

/** Puts back what a journal says was changed, whether by this run or by one that died, as often as it takes. */
const undo = (hold: Hold): void => {
  const file = join(hold.staging, journalName);
  if (existsSync(file)) {
    const journal = JSON.parse(readFileSync(file, "utf8")) as Journal;
    journal.entries.forEach(({ path, existed }, index) => {
      const old = join(hold.staging, `old-${index}`);
      rmSync(`${path}${partSuffix}`, { force: true });
      if (existed && existsSync(old)) move(old, path);
      if (!existed && !existsSync(join(hold.staging, `new-${index}`))) rmSync(path, { force: true });
    });
    removeEmpty(journal.directories.toReversed());
    unlinkSync(file);
  }
  for (const name of readdirSync(hold.staging)) {
    if (!name.startsWith("owner-")) rmSync(join(hold.staging, name), { force: true });
  }
};

/** Removes those of the directories that are empty, in the order given; others are left without a word. */
export const removeEmpty = (directories: readonly string[]): void => {
  for (const dir of directories) {
    try {
      rmdirSync(dir);
    } catch {
      // Not empty, or gone, or not ours to remove: a directory too many does no harm.
    }
  }
};

/** Whether changes stand that could be neither finished nor undone; whoever takes hold next undoes them. */
export const isHalfDone = (dir: string): boolean => existsSync(join(dir, stagingName, journalName));

/** Lets go, leaving no trace of the staging, nor of directories made in vain. */
const release = (hold: Hold): void => {
  if (existsSync(join(hold.staging, journalName))) return;
  const names = readdirSync(hold.staging).filter((name) => name !== hold.owner);
  // Ours last: while it stands, no one takes over.
  for (const name of [...names, hold.owner]) {
    try {
      unlinkSync(join(hold.staging, name));
    } catch {
      // The next run clears it away.
    }
  }
  removeEmpty([hold.staging, ...hold.made.toReversed()]);
};
