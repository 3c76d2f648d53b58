import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Failed } from "../report/failure.js";
import { type Folders, isAbsence, readEntry, sync } from "../fs/folders.js";
import { sha256 } from "../fs/sha256.js";
import { isInside } from "./manifest.js";

/**
 * Changes files all or nothing.
 *
 * Before the first change, the old contents and a journal are on disk, in the state folder of the output directory. If
 * a run dies, the next run restores the old contents.
 */

/** A file to write or remove; `path` is absolute and without symlinks. */
export type Change =
  | { readonly action: "put"; readonly path: string; readonly text: string }
  | { readonly action: "remove"; readonly path: string };

/** The desired state of a file. */
interface Target {
  /** Absolute and without symlinks. */
  readonly path: string;
  /**
   * Name of the temporary file in the same folder, because a rename cannot cross file systems; random, so no one can
   * create it first.
   */
  readonly part: string;
  /** Null removes the file. */
  readonly content: string | Buffer | null;
  readonly mode?: number;
}

/** A change in the journal. */
interface Entry {
  /** Relative to the output directory; absolute for a file outside it. */
  readonly path: string;
  readonly part: string;
  /** SHA-256 of the new content in hexadecimal; null for a removed file. */
  readonly hash: string | null;
  /** Old content in base64, and mode; null for a new file. */
  readonly old: { readonly content: string; readonly mode: number } | null;
}

interface Journal {
  readonly output: string;
  readonly entries: readonly Entry[];
}

const journalIn = (state: string): string => join(state, "journal.json");

/** Makes all changes. On an error it restores every file and throws; see {@link isHalfDone} for a failed restore. */
export const apply = async (
  state: string,
  output: string,
  folders: Folders,
  changes: readonly Change[],
): Promise<void> => {
  if (changes.length === 0) return;
  try {
    const targets = changes.map((change): Target => ({
      path: change.path,
      part: `.${randomUUID()}.microvm-emit-part`,
      content: change.action === "put" ? change.text : null,
    }));
    const entries = targets.map((target) => entryOf(target, output, folders));
    await writeJournal(state, { output, entries });
    await settle(
      targets.map((target, position) => ({ ...target, ...modeOf(entries[position]) })),
      folders,
    );
    // Commits the changes.
    unlinkSync(journalIn(state));
  } catch (error) {
    await recover(state, output, folders);
    folders.made.toReversed().forEach(folders.removeEmpty);
    throw error;
  }
};

const entryOf = ({ path, part, content }: Target, output: string, folders: Folders): Entry => {
  const name = relative(output, path);
  const there = ifThere(() => readEntry(folders.at(path))) ?? "none";
  return {
    path: isInside(name) ? name : path,
    part,
    hash: content === null ? null : sha256(content),
    old: typeof there === "string" ? null : { content: there.bytes.toString("base64"), mode: there.mode },
  };
};

/** A file that is replaced keeps its mode. */
const modeOf = (entry: Entry | undefined): Pick<Target, "mode"> => (entry?.old == null ? {} : { mode: entry.old.mode });

const writeJournal = async (state: string, journal: Journal): Promise<void> => {
  const draft = `${journalIn(state)}.part`;
  writeFileSync(draft, JSON.stringify(journal));
  await sync(draft);
  renameSync(draft, journalIn(state));
  await sync(state);
};

/** Syncs all new contents to disk before it renames the first. */
const settle = async (targets: readonly Target[], folders: Folders): Promise<void> => {
  const parts = targets.flatMap(({ path, part, content, mode }) => {
    if (content === null) return [];
    const file = join(dirname(folders.make(path)), part);
    writeFileSync(file, content, { flag: "wx" });
    if (mode !== undefined) chmodSync(file, mode);
    return [file];
  });
  // In parallel, because each sync waits for the disk.
  await Promise.all(parts.map(sync));
  for (const { path, part, content } of targets) {
    const file = folders.at(path);
    if (content === null) unlinkSync(file);
    else renameSync(join(dirname(file), part), file);
  }
  await Promise.all([...new Set(targets.map(({ path }) => dirname(path)))].map(folders.sync));
};

/** Restores the files in the journal, of this run or of one that died. */
export const recover = async (state: string, output: string, folders: Folders): Promise<void> => {
  rmSync(`${journalIn(state)}.part`, { force: true });
  const journal = readJournal(state, output);
  if (journal === undefined) return;
  await settle(
    journal.entries.flatMap((entry) => undone(entry, output, folders)),
    folders,
  );
  const added = journal.entries.filter(({ path, old }) => old === null && isInside(path));
  removeEmptied(
    output,
    added.map(({ path }) => path),
    folders,
  );
  unlinkSync(journalIn(state));
};

/** The old state of a file; none if someone has changed the file since or put a symlink on its path. */
const undone = ({ path: name, part, hash, old }: Entry, output: string, folders: Folders): readonly Target[] => {
  const path = resolve(output, name);
  const file = ifThere(() => folders.at(path));
  if (file === undefined) return [];
  rmSync(join(dirname(file), part), { force: true });
  const there = readEntry(file);
  const found = there === "none" ? null : typeof there === "string" ? "" : sha256(there.bytes);
  if (found !== hash || (hash === null && old === null)) return [];
  return [
    {
      path,
      part,
      ...(old === null ? { content: null } : { content: Buffer.from(old.content, "base64"), mode: old.mode }),
    },
  ];
};

const ifThere = <A>(read: () => A): A | undefined => {
  try {
    return read();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
};

const readJournal = (state: string, output: string): Journal | undefined => {
  const text = ifThere(() => readFileSync(journalIn(state), "utf8"));
  if (text === undefined) return undefined;
  try {
    const journal = JSON.parse(text) as Journal;
    if (isJournal(journal, output)) return journal;
  } catch {
    // Truncated, or not JSON.
  }
  throw new Failed({ kind: "journal-broken", dir: output, state });
};

const isJournal = (journal: Journal, output: string): boolean =>
  journal.output === output &&
  journal.entries.every(
    ({ path, part, hash, old }) =>
      (isInside(path) || (isAbsolute(path) && resolve(path) === path)) &&
      /^\.[\da-f-]{36}\.microvm-emit-part$/.test(part) &&
      (hash === null || /^[\da-f]{64}$/.test(hash)) &&
      (old === null || (typeof old.content === "string" && Number.isInteger(old.mode))),
  );

/** Removes empty folders between the output directory and removed files. */
export const removeEmptied = (output: string, paths: readonly string[], folders: Folders): void => {
  const emptied = new Set<string>();
  for (const path of paths) {
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) emptied.add(join(output, parent));
  }
  [...emptied].toSorted((a, b) => b.length - a.length).forEach(folders.removeEmpty);
};

/** True if a run could not restore all files; the next run does. */
export const isHalfDone = (state: string): boolean => existsSync(journalIn(state));
