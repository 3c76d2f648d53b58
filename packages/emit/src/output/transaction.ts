import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Failed } from "../report/failure.js";
import { type Folders, isAbsence, readEntry, sync } from "../fs/folders.js";
import { sha256 } from "../fs/sha256.js";
import { isInside } from "./manifest.js";

/**
 * Changes to files that happen all or not at all.
 *
 * Before the first change, the old contents and a journal are on the disk, in the state folder of the output
 * directory. After a run that died, the next run puts the old contents back.
 */

/** One file to put or remove; `path` is absolute and without links. */
export type Change =
  | { readonly action: "put"; readonly path: string; readonly text: string }
  | { readonly action: "remove"; readonly path: string };

/** A file as it is to stand. */
interface Target {
  /** Absolute and without links. */
  readonly path: string;
  /** The name of the content beside the file, because a rename does not cross file systems; no one can guess it. */
  readonly part: string;
  /** Null removes the file. */
  readonly content: string | Buffer | null;
  readonly mode?: number;
}

/** A change in the journal. */
interface Entry {
  /** Relative to the output directory; absolute for a file beside it. */
  readonly path: string;
  readonly part: string;
  /** The SHA-256 of the new content in hexadecimal; null where the file is removed. */
  readonly hash: string | null;
  /** The content in base64 and the mode that the file had; null where there was none. */
  readonly old: { readonly content: string; readonly mode: number } | null;
}

interface Journal {
  readonly output: string;
  readonly entries: readonly Entry[];
}

const journalIn = (state: string): string => join(state, "journal.json");

/** Makes all the changes, or throws with every file as it was, unless {@link isHalfDone}. */
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
    await writeJournal(state, { output, entries: targets.map((target) => entryOf(target, output, folders)) });
    await settle(targets, folders);
    // The one step that makes the changes final.
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

const writeJournal = async (state: string, journal: Journal): Promise<void> => {
  const draft = `${journalIn(state)}.part`;
  writeFileSync(draft, JSON.stringify(journal));
  await sync(draft);
  renameSync(draft, journalIn(state));
  await sync(state);
};

/** Has all files on the disk before the first takes its place. */
const settle = async (targets: readonly Target[], folders: Folders): Promise<void> => {
  const parts = targets.flatMap(({ path, part, content, mode }) => {
    if (content === null) return [];
    const file = join(dirname(folders.make(path)), part);
    writeFileSync(file, content, { flag: "wx" });
    if (mode !== undefined) chmodSync(file, mode);
    return [file];
  });
  // Together, which waits for the disk once and not for each.
  await Promise.all(parts.map(sync));
  for (const { path, part, content } of targets) {
    const file = folders.at(path);
    if (content === null) unlinkSync(file);
    else renameSync(join(dirname(file), part), file);
  }
  await Promise.all([...new Set(targets.map(({ path }) => dirname(path)))].map(folders.sync));
};

/** Puts back what a journal says was changed, whether by this run or by one that died. */
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

/** A file as it was, unless someone changed it since, or put a link in its way. */
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
    // Cut off, or no JSON at all.
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

/** Removes the folders between the output directory and files that are gone from it, where they are empty. */
export const removeEmptied = (output: string, paths: readonly string[], folders: Folders): void => {
  const emptied = new Set<string>();
  for (const path of paths) {
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) emptied.add(join(output, parent));
  }
  [...emptied].toSorted((a, b) => b.length - a.length).forEach(folders.removeEmpty);
};

/** Whether changes stand that could be neither finished nor undone; the next run undoes them. */
export const isHalfDone = (state: string): boolean => existsSync(journalIn(state));
