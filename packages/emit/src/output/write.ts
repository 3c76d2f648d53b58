import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { exclusively } from "../fs/exclusive.js";
import { type Conflict, Failed, type Failure, type LossReason } from "../report/failure.js";
import type { TextFile } from "../output-file.js";
import { type Folders, codeOf, isAbsence, isThere, openFolders, readEntry } from "../fs/folders.js";
import { contentsOf, indexEntries } from "../fs/git.js";
import {
  type Manifest,
  areOwnAttributes,
  attributesFor,
  attributesName,
  isInside,
  manifestName,
  parseManifest,
  printManifest,
} from "./manifest.js";
import { linkOutOf } from "./links.js";
import { hasConflictMarkers } from "./merge-conflict.js";
import { isBelow, sourceTreeOf } from "../fs/source-tree.js";
import { stateFolder } from "../fs/state-folder.js";
import { type Change, apply, isHalfDone, recover, removeEmptied } from "./transaction.js";
import { sha256 } from "../fs/sha256.js";

/** The desired files of a run. */
export interface Wanted {
  /** The output directory, absolute and without symlinks. */
  readonly dir: string;
  readonly files: readonly TextFile[];
  /** Folders in it whose files all take effect, so that a file of someone else is a conflict. */
  readonly imported: readonly string[];
  /**
   * Files outside the output directory, written in the same transaction: absolute path without symlinks → text, or null
   * to remove.
   */
  readonly beside: Readonly<Record<string, string | null>>;
  /** The user's files that change together with it. */
  readonly edits?: readonly FileEdit[];
  /** Overwrite files that are foreign or edited. */
  readonly force: boolean;
}

/** A new text for a file of the user. */
export interface FileEdit {
  /** Absolute and without links. */
  readonly path: string;
  /** The text that was edited, which must still be there; null for a new file. */
  readonly before: string | null;
  readonly text: string;
}

/** Result of a run; paths are relative to the output directory and sorted. */
export interface Written {
  /** Files with a new content, relative to the output directory. */
  readonly written: readonly string[];
  /** Files that had their content already. */
  readonly unchanged: readonly string[];
  /** Obsolete files of an earlier run. */
  readonly removed: readonly string[];
}

/** Maximum wait for another run in the same directory; a run takes milliseconds to seconds. */
const patienceMs = 10_000;

/**
 * Writes the desired files to the output directory, removes our obsolete files and leaves foreign files alone.
 *
 * All or nothing: foreseeable errors are checked before the first change, later errors are rolled back. Unchanged files
 * are not touched. Throws {@link Failed}.
 */
export const write = async (wanted: Wanted): Promise<Written> => {
  const { dir } = wanted;
  for (const { path } of wanted.files) {
    if (!isInside(path))
      throw new Error(`The emitted path ${JSON.stringify(path)} is not inside the output directory.`);
  }
  requireDirectory(dir);
  const state = stateFolder(dir);
  const folders = openFolders();
  try {
    const result = await exclusively(state, patienceMs, async () => {
      await recover(state, dir, folders);
      const plan = planChanges(wanted, folders);
      requireWritable(plan.changes.map(({ path }) => path));
      await apply(state, dir, folders, plan.changes);
      removeEmptied(dir, plan.report.removed, folders);
      return plan.report;
    });
    if ("entry" in result) throw new Failed({ kind: "output-busy", dir, ...result });
    return result;
  } catch (error) {
    throw error instanceof Failed || !isSystemError(error)
      ? error
      : new Failed(systemFailure(dir, folders.readable(error.message), error, isHalfDone(state)));
  } finally {
    folders.close();
  }
};

/** The files that a run would change, relative to the output directory, or absolute beside it. Changes nothing. */
export const pendingChanges = (wanted: Omit<Wanted, "force">): readonly string[] => {
  const { dir } = wanted;
  requireDirectory(dir);
  const folders = openFolders();
  try {
    const { changes } = planChanges({ ...wanted, force: true }, folders);
    return changes.map(({ path }) => (isBelow(dir, path) ? relative(dir, path) : path)).sort();
  } finally {
    folders.close();
  }
};

const isSystemError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && "syscall" in error;

const systemFailure = (dir: string, cause: string, error: NodeJS.ErrnoException, isHalfDone: boolean): Failure =>
  ["EACCES", "EPERM", "EROFS"].includes(codeOf(error) ?? "") && !isHalfDone
    ? { kind: "output-not-writable", paths: [dir], cause }
    : { kind: "write-failed", dir, cause, isUndone: !isHalfDone };

/** Throws if a symlink on the typed path of the output directory leads out of the repository that contains the symlink. */
export const requireNoLink = (typed: string, configDir: string): void => {
  const link = linkOutOf(typed, configDir);
  if (link !== undefined) throw new Failed({ kind: "output-through-link", dir: typed, link });
};

/** Throws unless the output directory, or else its nearest existing parent, is a directory. */
export const requireDirectory = (dir: string): void => {
  const nearest = nearestThere(dir);
  if (!statSync(nearest, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Failed({ kind: "output-not-directory", dir, obstacle: nearest });
  }
};

/** The path or its nearest existing parent; a dangling symlink counts as existing. */
const nearestThere = (path: string): string =>
  isThere(path) || dirname(path) === path ? path : nearestThere(dirname(path));

/** Throws one failure with all directories that must change but are not writable. */
const requireWritable = (paths: readonly string[]): void => {
  const refused: string[] = [];
  let cause = "";
  for (const dir of new Set(paths.map((path) => nearestThere(dirname(path))))) {
    try {
      accessSync(dir, constants.W_OK | constants.X_OK);
    } catch (error) {
      refused.push(dir);
      cause = (error as Error).message;
    }
  }
  if (refused.length > 0) throw new Failed({ kind: "output-not-writable", paths: refused, cause });
};

interface Plan {
  readonly changes: readonly Change[];
  readonly report: Written;
}

/** Compares the desired files with the disk; throws one failure with all conflicts. */
const planChanges = ({ dir, files, imported, beside, edits = [], force }: Wanted, folders: Folders): Plan => {
  const manifest = readManifest(dir, folders);
  const conflicts: Conflict[] = [];
  const changes: Change[] = [];
  const report = { written: [] as string[], unchanged: [] as string[], removed: [] as string[] };
  const look = inspector(dir, folders, conflicts);
  const unmerged = unmergedFiles(dir, manifest);

  /** True if the file may be overwritten or removed; else records a conflict. */
  const mayLose = (path: string, text: string, foreign: LossReason = "foreign"): boolean => {
    const reason = force ? undefined : reasonToKeep(text, manifest.get(path), unmerged.get(path));
    if (reason !== undefined) conflicts.push({ path, reason: reason === "foreign" ? foreign : reason });
    return reason === undefined;
  };

  for (const { path, text } of files) {
    const there = look(path);
    if (there === "blocked") continue;
    // The other branch may have edited a file that git could not merge.
    if (there?.text === text && !unmerged.has(path)) report.unchanged.push(path);
    else if (there === undefined || mayLose(path, there.text)) {
      report[there?.text === text ? "unchanged" : "written"].push(path);
      if (there?.text !== text) changes.push({ action: "put", path: join(dir, path), text });
    }
  }

  const wantedPaths = new Set(files.map(({ path }) => path));
  const strangers = imported.flatMap((folder) => entriesIn(dir, folder, folders));
  for (const path of new Set([...manifest.keys(), ...strangers])) {
    if (wantedPaths.has(path)) continue;
    const there = look(path);
    if (there === "blocked" || there === undefined) continue;
    if (mayLose(path, there.text, strangers.includes(path) ? "imported" : undefined)) {
      report.removed.push(path);
      changes.push({ action: "remove", path: join(dir, path) });
    }
  }
  const attributes = inspector(dir, folders, [])(attributesName);
  const hasOwnAttributes = attributes === undefined || (attributes !== "blocked" && areOwnAttributes(attributes.text));
  const own = {
    ...beside,
    [join(dir, manifestName)]: printManifest(files),
    // A `.gitattributes` file of the user or another program stays unchanged.
    ...(hasOwnAttributes && { [join(dir, attributesName)]: attributesFor(files) }),
  };
  for (const [path, text] of Object.entries(own)) {
    const there = inspector(dirname(path), folders, conflicts)(basename(path));
    if (there === "blocked") continue;
    if (text === null) changes.push(...(there === undefined ? [] : [{ action: "remove", path } as const]));
    else if (there?.text !== text) changes.push({ action: "put", path, text });
  }
  for (const { path, before, text } of edits) {
    if (textAt(path, folders) !== before) throw new Failed({ kind: "config-changed", file: path });
    changes.push({ action: "put", path, text });
  }
  if (conflicts.length > 0) throw new Failed({ kind: "output-conflicts", dir, conflicts: byPath(conflicts) });
  for (const paths of Object.values(report)) paths.sort();
  return { changes, report };
};

/** The entries of a folder of the output directory. */
const entriesIn = (dir: string, folder: string, folders: Folders): readonly string[] => {
  try {
    return readdirSync(folders.at(join(dir, folder))).map((name) => `${folder}/${name}`);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
};

/** The text of a file; null if nothing is there, undefined for another kind of entry. */
const textAt = (path: string, folders: Folders): string | null | undefined => {
  const there = isThere(dirname(path)) ? readEntry(folders.at(path)) : "none";
  return there === "none" ? null : typeof there === "string" ? undefined : there.bytes.toString();
};

const byPath = (conflicts: readonly Conflict[]): Conflict[] =>
  conflicts.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

/** The reason not to overwrite a file with this text, given its hashes in the manifest. */
const reasonToKeep = (
  text: string,
  hashes: ReadonlySet<string> | undefined,
  unmerged: Unmerged | undefined,
): LossReason | undefined => {
  if (unmerged?.isEdited === true) return "edited-on-branch";
  // Git can convert line endings at checkout (core.autocrlf).
  const known = [text, text.replaceAll("\r\n", "\n")].map(sha256);
  // After a conflict, git leaves one side (also under a new name after a rename), or both sides with markers.
  if (unmerged !== undefined && (known.some((hash) => unmerged.sides.has(hash)) || hasConflictMarkers(text)))
    return undefined;
  if (hashes === undefined) return "foreign";
  if (known.some((hash) => hashes.has(hash))) return undefined;
  return hashes.size > 1 && unmerged === undefined ? "merged" : "edited";
};

/** A file with a merge conflict that is not resolved in the index. */
interface Unmerged {
  /** Hashes of the sides. */
  readonly sides: Set<string>;
  /** True if a side is in no manifest, so a person edited it. */
  isEdited: boolean;
}

/** Files with a merge conflict, by path. */
const unmergedFiles = (dir: string, manifest: Manifest): ReadonlyMap<string, Unmerged> => {
  const files = new Map<string, Unmerged>();
  const entries = isThere(dir) && sourceTreeOf(dir).isGit ? indexEntries(dir, "unmerged") : [];
  if (entries.length === 0) return files;
  // Git's versions of the manifest keep both sides' hashes after a run has rewritten the file.
  const manifests = contentsOf(dir, indexEntries(dir, "all", [manifestName]));
  const ours = new Set(
    [manifest, ...manifests.map((text) => parseManifest(text?.toString() ?? ""))].flatMap((each) =>
      [...each.values()].flatMap((hashes) => [...hashes]),
    ),
  );
  const contents = contentsOf(dir, entries);
  for (const [position, { path }] of entries.entries()) {
    const hash = sha256(contents[position] ?? "");
    const file = files.get(path) ?? { sides: new Set(), isEdited: false };
    file.sides.add(hash);
    file.isEdited ||= !ours.has(hash);
    files.set(path, file);
  }
  return files;
};

/**
 * Returns a function that reads a file of a directory: its text, undefined if missing, or "blocked". Records each
 * obstacle once as a conflict.
 */
const inspector = (
  dir: string,
  folders: Folders,
  conflicts: Conflict[],
): ((path: string) => { text: string } | "blocked" | undefined) => {
  const block = (path: string, reason: Conflict["reason"]): "blocked" => {
    conflicts.push({ path, reason });
    return "blocked";
  };
  const known = new Map<string, "directory" | "none" | "blocked">([[".", isThere(dir) ? "directory" : "none"]]);
  const folder = (path: string): "directory" | "none" | "blocked" => {
    let found = known.get(path);
    if (found !== undefined) return found;
    found = folder(dirname(path));
    if (found === "directory") {
      const entry = readEntry(folders.at(join(dir, path)));
      const isFree = entry === "directory" || entry === "none";
      found = isFree ? entry : block(path, entry === "symlink" ? "symlink" : "not-a-directory");
    }
    known.set(path, found);
    return found;
  };
  return (path) => {
    const above = folder(dirname(path));
    if (above !== "directory") return above === "none" ? undefined : "blocked";
    const entry = readEntry(folders.at(join(dir, path)));
    if (typeof entry !== "string") return { text: entry.bytes.toString() };
    return entry === "none" ? undefined : block(path, entry);
  };
};

const readManifest = (dir: string, folders: Folders): Manifest => {
  const there = inspector(dir, folders, [])(manifestName);
  return parseManifest(there === undefined || there === "blocked" ? "" : there.text);
};
