import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Conflict, Failed, type Failure, attempt } from "./failure.js";
import type { TextFile } from "./file.js";
import { type Manifest, isInside, manifestName, parseManifest, printManifest } from "./manifest.js";
import { type Change, apply, holding, isHalfDone, isThere, removeEmpty } from "./transaction.js";

/** What is to stand on disk after a run. */
export interface Wanted {
  /** The output directory, absolute. */
  readonly dir: string;
  readonly files: readonly TextFile[];
  /** Files outside the output directory that change together with it, absolute path → text. */
  readonly beside: Readonly<Record<string, string>>;
  /** Whether files that are not ours, or were edited, may be lost. */
  readonly force: boolean;
}

/** What a run did; paths relative to the output directory and sorted. */
export interface Written {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
}

/** How long to wait for another run that is writing to the same directory, which takes it milliseconds. */
const patienceMs = 5_000;

/**
 * Makes the output directory hold exactly the wanted files, and leaves alone all others in it.
 *
 * All or nothing: what can be known to fail is checked before the first change, and what fails later is undone. A file
 * that has its wanted text is not touched.
 */
export const write = (wanted: Wanted): TE.TaskEither<Failure, Written> =>
  attempt(async () => {
    const { dir } = wanted;
    for (const { path } of wanted.files) {
      if (!isInside(path))
        throw new Error(`The emitted path ${JSON.stringify(path)} is not inside the output directory.`);
    }
    try {
      requireDirectory(dir);
      const result = await holding(dir, patienceMs, (hold) => {
        const plan = planChanges(wanted);
        requireWritable(plan.changes.map(({ path }) => path));
        apply(hold, plan.changes);
        removeEmpty(plan.emptied);
        return plan.report;
      });
      if ("holder" in result) throw new Failed({ kind: "output-busy", dir, ...result });
      return result;
    } catch (error) {
      throw error instanceof Failed || !isSystemError(error) ? error : new Failed(systemFailure(dir, error));
    }
  });

const isSystemError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && "syscall" in error;

const systemFailure = (dir: string, error: NodeJS.ErrnoException): Failure =>
  ["EACCES", "EPERM", "EROFS"].includes(error.code ?? "")
    ? { kind: "output-not-writable", paths: [error.path ?? dir], cause: error.message }
    : { kind: "write-failed", dir, cause: error.message, isUndone: !isHalfDone(dir) };

/** Fails when the output directory, or one above it, is something else. */
export const requireDirectory = (dir: string): void => {
  const nearest = nearestThere(dir);
  if (!statSync(nearest, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Failed({ kind: "output-not-directory", dir, obstacle: nearest });
  }
};

/** The deepest of a path and those above it that is there, a dangling link included. */
const nearestThere = (path: string): string =>
  isThere(path) || dirname(path) === path ? path : nearestThere(dirname(path));

/** Fails, naming all, when directories in which entries are to change cannot be written. */
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
  /** Directories that held removed files, deepest first. */
  readonly emptied: readonly string[];
}

/** Compares what is wanted with what is there; throws one failure that names every file in the way. */
const planChanges = ({ dir, files, beside, force }: Wanted): Plan => {
  const manifest = readManifest(dir, force);
  const conflicts: Conflict[] = [];
  const changes: Change[] = [];
  const report = { written: [] as string[], unchanged: [] as string[], removed: [] as string[] };
  const look = inspector(dir, conflicts);

  /** Whether a file with this text may be lost; notes a conflict when not. */
  const mayLose = (path: string, text: string): boolean => {
    const known = manifest.get(path);
    if (force || known === sha256(text)) return true;
    conflicts.push({ path, reason: known === undefined ? "foreign" : "edited" });
    return false;
  };

  for (const { path, text } of files) {
    const there = look(path);
    if (there === "blocked") continue;
    if (there?.text === text) report.unchanged.push(path);
    else if (there === undefined || mayLose(path, there.text)) {
      report.written.push(path);
      changes.push({ action: "put", path: join(dir, path), text });
    }
  }

  const wantedPaths = new Set(files.map(({ path }) => path));
  for (const path of manifest.keys()) {
    if (wantedPaths.has(path)) continue;
    const there = look(path);
    if (there === "blocked" || there === undefined) continue;
    if (mayLose(path, there.text)) {
      report.removed.push(path);
      changes.push({ action: "remove", path: join(dir, path) });
    }
  }
  look(manifestName);
  if (conflicts.length > 0) throw new Failed({ kind: "output-conflicts", dir, conflicts: byPath(conflicts) });

  const own = {
    ...beside,
    [join(dir, manifestName)]: printManifest(new Map(files.map(({ path, text }) => [path, sha256(text)]))),
  };
  for (const [path, text] of Object.entries(own)) {
    if (readIfFile(path) !== text) changes.push({ action: "put", path, text });
  }
  for (const paths of Object.values(report)) paths.sort();
  return { changes, report, emptied: directoriesOf(dir, report.removed) };
};

const byPath = (conflicts: readonly Conflict[]): Conflict[] =>
  conflicts.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

/** The directories between `dir` and the files in it, deepest first. */
const directoriesOf = (dir: string, paths: readonly string[]): string[] => {
  const relative = new Set<string>();
  for (const path of paths) {
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) relative.add(parent);
  }
  return [...relative].sort((a, b) => b.length - a.length).map((path) => join(dir, path));
};

/** Looks at paths below a directory: the file there, nothing, or something in the way, which becomes a conflict once. */
const inspector = (
  dir: string,
  conflicts: Conflict[],
): ((path: string) => { text: string } | "blocked" | undefined) => {
  const parents = new Map<string, boolean>([[".", true]]);
  const block = (path: string, reason: Conflict["reason"]): void => void conflicts.push({ path, reason });

  const isPassable = (parent: string): boolean => {
    const known = parents.get(parent);
    if (known !== undefined) return known;
    let passable = isPassable(dirname(parent));
    if (passable) {
      const stat = lstatSync(join(dir, parent), { throwIfNoEntry: false });
      passable = stat === undefined || stat.isDirectory();
      if (!passable) block(parent, stat?.isSymbolicLink() === true ? "symlink" : "not-a-directory");
    }
    parents.set(parent, passable);
    return passable;
  };

  return (path) => {
    if (!isPassable(dirname(path))) return "blocked";
    const full = join(dir, path);
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (stat.isFile()) return { text: readFileSync(full, "utf8") };
    block(path, stat.isSymbolicLink() ? "symlink" : stat.isDirectory() ? "directory" : "foreign");
    return "blocked";
  };
};

/** The text of a file, or undefined when there is none; a link in its place is not ours to follow. */
const readIfFile = (path: string): string | undefined =>
  lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path, "utf8") : undefined;

const readManifest = (dir: string, force: boolean): Manifest => {
  const text = readIfFile(join(dir, manifestName));
  if (text === undefined) return new Map();
  try {
    return parseManifest(text);
  } catch (error) {
    if (force) return new Map();
    throw new Failed({ kind: "manifest-broken", file: join(dir, manifestName), reason: (error as Error).message });
  }
};

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
