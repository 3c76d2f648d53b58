import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  readdirSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { Failed, type UnreachableModule } from "../report/failure.js";
import { git } from "./git.js";
import { readIfThere } from "./read-text.js";
import { isThere, readEntry } from "./folders.js";
import { withoutLinks } from "./without-links.js";

/** The directory that Nix copies to evaluate the flake; the flake cannot refer to files outside it. */
export interface SourceTree {
  readonly root: string;
  /** In a git work tree, Nix ignores the files that git ignores. */
  readonly isGit: boolean;
}

/** The git work tree of a config, else its directory. */
export const sourceTreeOf = (configDir: string): SourceTree => {
  const root = workTreeRoot(configDir);
  return root === undefined ? { root: configDir, isGit: false } : { root, isGit: true };
};

const workTreeRoot = (dir: string): string | undefined =>
  existsSync(join(dir, ".git")) ? dir : dirname(dir) === dir ? undefined : workTreeRoot(dirname(dir));

/** PATH_MAX of Linux. */
const gitFileBytes = 4096;

/**
 * The git directory that the `.git` file of a linked worktree or a submodule names (gitrepository-layout(5)). A guest
 * may have written the file, so paths with control characters, which a terminal would obey, are ignored.
 */
export const gitDirOf = (folder: string): string | undefined => {
  const [, written] = /^gitdir: (\P{C}+)[\r\n]*$/u.exec(gitFileOf(folder)) ?? [];
  return written === undefined ? undefined : resolve(withoutLinks(folder), written);
};

const gitFileOf = (folder: string): string => {
  try {
    const entry = readEntry(join(folder, ".git"), gitFileBytes);
    return typeof entry === "string" ? "" : entry.bytes.toString("utf8");
  } catch {
    return "";
  }
};

/** Folders with git's metadata of a work tree. */
export const gitFolders = ({ root, isGit }: SourceTree): readonly string[] => {
  if (!isGit) return [];
  const entry = join(root, ".git");
  const folder = gitDirOf(root) ?? entry;
  const common = readIfThere(join(folder, "commondir"))?.trim();
  return [entry, folder, ...(common === undefined ? [] : [resolve(folder, common)])];
};

export const isBelow = (root: string, path: string): boolean =>
  path === root || path.startsWith(root === sep ? sep : root + sep);

/** Copies the source to `target`; keeps existing files there and skips the folder `besides`. Throws {@link Failed}. */
export const mirror = (source: SourceTree, target: string, besides: string): void => {
  const paths = (source.isGit ? gitFiles(source.root) : undefined) ?? plainFiles(source.root, besides);
  try {
    for (const path of paths) {
      if (!isThere(join(target, path))) copyInto(source.root, path, target);
    }
  } catch (error) {
    throw new Failed({ kind: "mirror-failed", root: source.root, cause: (error as Error).message });
  }
};

/** Tracked files, and untracked files that git does not ignore. */
export const gitFiles = (root: string): string[] | undefined =>
  listed(root, ["--cached", "--others", "--deduplicate"])?.filter((path) =>
    lstatSync(join(root, path), { throwIfNoEntry: false }),
  );

/** Untracked files among these files and directories, as absolute paths; undefined without git. */
export const unknownToGit = (root: string, paths: readonly string[]): readonly string[] | undefined =>
  listed(root, ["--others", "--", ...paths])?.map((path) => join(root, path));

/** Files that git does not ignore, relative to `root`. */
const listed = (root: string, options: readonly string[]): string[] | undefined =>
  git(root, ["ls-files", "--exclude-standard", "-z", ...options])
    ?.toString("utf8")
    .split("\0")
    .filter((path) => path !== "");

const limits = { files: 50_000, bytes: 1 << 30, words: "50,000 files or 1 GiB" };

/** All files below a directory, without `.git`, `node_modules` and build results. */
const plainFiles = (root: string, besides: string): string[] => {
  const found: string[] = [];
  let bytes = 0;
  const walk = (dir: string): void => {
    for (const entry of readdirSync(join(root, dir), { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.name === ".git" || entry.name === "node_modules" || join(root, path) === besides) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && !isBuildResult(join(root, path)))) {
        bytes += lstatSync(join(root, path)).size;
        found.push(path);
        if (found.length > limits.files || bytes > limits.bytes) {
          throw new Failed({ kind: "source-too-large", root, limit: limits.words });
        }
      }
    }
  };
  try {
    walk("");
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw new Failed({ kind: "mirror-failed", root, cause: (error as Error).message });
  }
  return found;
};

/** Symlinks of `nix build`: `result` and `result-bin`. */
const isBuildResult = (link: string): boolean =>
  /^result(-|$)/.test(basename(link)) && readlinkSync(link).startsWith("/nix/store/");

const copyInto = (root: string, path: string, target: string): void => {
  const from = join(root, path);
  const to = join(target, path);
  mkdirSync(dirname(to), { recursive: true });
  const stat = lstatSync(from);
  if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  // Git lists a submodule as one entry.
  else if (stat.isDirectory())
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter: (file) => basename(file) !== ".git" });
  else if (stat.isFile()) copyFileSync(from, to, constants.COPYFILE_FICLONE);
};

/** Modules, by paths relative to the config, that the copied source lacks. */
export const unreachable = (
  source: SourceTree,
  configDir: string,
  target: string,
  paths: readonly string[],
): UnreachableModule[] =>
  paths.flatMap((path): UnreachableModule[] => {
    const full = join(configDir, path);
    if (!isBelow(source.root, full)) return [{ path, reason: "outside" }];
    if (existsSync(join(target, relative(source.root, full)))) return [];
    return [{ path, reason: existsSync(full) ? "ignored" : "missing" }];
  });
