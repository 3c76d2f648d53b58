import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Plan } from "@microvm-emit/model";
import { plan } from "../emit.js";
import { isThere, readEntry } from "../fs/folders.js";
import { contentsOf, git } from "../fs/git.js";
import { gitFiles, isBelow, sourceTreeOf } from "../fs/source-tree.js";
import { withoutLinks } from "../fs/without-links.js";
import { mapStrings } from "../map-strings.js";
import { isInside } from "../output/manifest.js";
import { Failed, failuresOf } from "../report/failure.js";
import { load } from "./load.js";
import { adoptLock, readLockFile } from "./lock-file.js";
import { ownModules } from "./plan-file.js";
import { type Places, placesOf } from "./places.js";

/** The config at a commit. */
export interface PlannedRevision {
  /** The full hash. */
  readonly commit: string;
  /** Without hosts if the commit has no such config. */
  readonly plan: Plan;
  /** Nix files and locks that differ in the work tree, relative to it. They are not compared: any VM may use them. */
  readonly otherFiles: readonly string[];
}

/**
 * Plans the config of a commit, with the lock of that commit. A config is a program, so the repository must be the
 * user's.
 *
 * @param revision a commit as `git rev-parse` takes it.
 * @throws {Failed}
 */
export const planRevision = async (places: Places, revision: string): Promise<PlannedRevision> => {
  const { root, isGit } = sourceTreeOf(places.configDir);
  if (!isGit) throw new Failed({ kind: "not-in-git", dir: places.configDir });
  const { uid } = lstatSync(join(root, ".git"));
  const user = process.getuid?.();
  if (user !== undefined && uid !== user && uid !== 0)
    throw new Failed({ kind: "revision-of-another-user", root, uid });
  const commit = commitOf(root, revision);
  if (commit === undefined) throw new Failed({ kind: "revision-unknown", root, revision });
  const temporary = withoutLinks(mkdtempSync(join(tmpdir(), "microvm-emit-")));
  try {
    const tree = join(temporary, "tree");
    const files = checkOut(root, commit, tree);
    linkPackages(root, places.configDir, temporary, tree);
    const there = placesOf(join(tree, relative(root, places.config)));
    return {
      commit,
      plan: mapStrings(await planThere(there, revision, tree, root), (text) => text.replaceAll(tree, root)),
      otherFiles: otherFiles(root, tree, files, places.outputDir),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

const commitOf = (root: string, revision: string): string | undefined =>
  git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`])
    ?.toString("utf8")
    .trim();

/** True if the repository of a config knows a revision. */
export const isRevision = (config: string, revision: string): boolean =>
  commitOf(dirname(config), revision) !== undefined;

const nothing: Plan = { description: "", library: "copied", flake: true, inputs: [], hosts: [] };

const planThere = async (places: Places, revision: string, tree: string, root: string): Promise<Plan> => {
  if (!existsSync(places.config)) return nothing;
  const broken = (error: unknown): Failed =>
    new Failed({
      kind: "revision-broken",
      revision,
      failures: mapStrings(failuresOf(error), (text) => text.replaceAll(tree, root)),
    });
  try {
    const config = await load(places.config, ownModules, { isKept: false });
    const { lock, earlier } = await adoptLock(await readLockFile(places.lock), config);
    // Without facts of this machine: they affect errors, not the plan.
    const planned = plan(config, { lock, earlierLocks: earlier });
    if (planned._tag === "Right") return planned.right.plan;
    throw new Failed({ kind: "config-problems", problems: planned.left });
  } catch (error) {
    throw broken(error);
  }
};

interface TreeEntry {
  readonly path: string;
  readonly object: string;
  readonly kind: "file" | "program" | "link";
}

const kinds: Readonly<Record<string, TreeEntry["kind"]>> = { "100644": "file", "100755": "program", "120000": "link" };

const limits = { files: 50_000, bytes: 1 << 30, words: "50,000 files or 1 GiB" };

/**
 * Writes the files of a commit to a new folder, and gives their paths. It does not use `git worktree` or `git archive`:
 * these run hooks and filters, and `git archive` omits files with certain attributes. Submodules are missing.
 */
const checkOut = (root: string, commit: string, target: string): readonly string[] => {
  const listed = git(root, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit])?.toString("utf8") ?? "";
  let bytes = 0;
  const entries = listed.split("\0").flatMap((line): readonly TreeEntry[] => {
    const { mode = "", object, size, path } = entryFormat.exec(line)?.groups ?? {};
    const kind = kinds[mode];
    if (kind === undefined || object === undefined || path === undefined || !isInside(path)) return [];
    bytes += Number(size);
    return [{ path, object, kind }];
  });
  if (entries.length > limits.files || bytes > limits.bytes)
    throw new Failed({ kind: "source-too-large", root, limit: limits.words });
  // All folders come first and links last, so that nothing is written through a link.
  mkdirSync(target);
  for (const { path } of entries) mkdirSync(dirname(join(target, path)), { recursive: true });
  const ordered = [...entries.filter(({ kind }) => kind !== "link"), ...entries.filter(({ kind }) => kind === "link")];
  const contents = contentsOf(root, ordered);
  for (const [position, { path, kind }] of ordered.entries()) {
    const content = contents[position];
    const file = join(target, path);
    if (content === undefined || isThere(file)) continue;
    if (kind === "link") symlinkSync(content.toString("utf8"), file);
    else writeFileSync(file, content);
    if (kind === "program") chmodSync(file, 0o755);
  }
  return entries.map(({ path }) => path);
};

const entryFormat = /^(?<mode>\d+) \w+ (?<object>[0-9a-f]+) +(?<size>\d+|-)\t(?<path>.*)$/s;

/** Lets a config import the packages that are installed now, because git does not contain packages. */
const linkPackages = (root: string, configDir: string, temporary: string, tree: string): void => {
  for (let folder = configDir; ; folder = dirname(folder)) {
    const packages = join(folder, "node_modules");
    const place = isBelow(root, folder) ? join(tree, relative(root, folder)) : temporary;
    const link = join(place, "node_modules");
    if (existsSync(packages) && existsSync(place) && !isThere(link)) symlinkSync(packages, link);
    if (dirname(folder) === folder) return;
  }
};

/** Files that Nix reads in addition to the config and the emitted flake. */
const otherFiles = (root: string, tree: string, before: readonly string[], outputDir: string): readonly string[] => {
  const isOther = (path: string): boolean =>
    path === "flake.lock" ||
    path.endsWith("/flake.lock") ||
    (path.endsWith(".nix") && !isBelow(outputDir, join(root, path)));
  const paths = [...new Set([...before, ...(gitFiles(root) ?? [])])].filter(isOther).sort();
  return paths.filter((path) => {
    const [was, is] = [tree, root].map((folder) => contentAt(join(folder, path)));
    return was === undefined ? is !== undefined : is === undefined || !was.equals(is);
  });
};

const contentAt = (path: string): Buffer | undefined => {
  try {
    const entry = readEntry(path);
    return typeof entry === "string" ? undefined : entry.bytes;
  } catch {
    return undefined;
  }
};
