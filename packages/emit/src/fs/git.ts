/**
 * Output of a read-only git command; undefined if git is missing or refuses, as in another user's work tree.
 *
 * Repository settings can name programs: a file system monitor, and a fetch command of a partial clone. Both are
 * disabled. Bare repositories inside the work tree are ignored, because git can carry them as plain files.
 */
export const git = (cwd: string, args: readonly string[], input = ""): Buffer | undefined => {
  try {
    // Most runs of `plan` need no git, and loading the module takes a tenth of Node's start.
    return process
      .getBuiltinModule("node:child_process")
      .execFileSync("git", ["-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", ...args], {
        cwd,
        env: { ...process.env, GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" },
        maxBuffer: 1 << 30,
        // Repository settings may include a file that never ends.
        timeout: 30_000,
        input,
        stdio: ["pipe", "pipe", "ignore"],
      });
  } catch {
    return undefined;
  }
};

/** A version of a file in git's index: one for a merged file, one per side for a conflict. */
export interface IndexEntry {
  /** Relative to the requested folder. */
  readonly path: string;
  readonly object: string;
}

/** Index entries below a folder, without common ancestors; "unmerged" selects unresolved conflicts. */
export const indexEntries = (
  dir: string,
  which: "all" | "unmerged",
  paths: readonly string[] = ["."],
): readonly IndexEntry[] => {
  const option = which === "all" ? "--stage" : "--unmerged";
  const listed = git(dir, ["ls-files", option, "-z", "--", ...paths])?.toString("utf8") ?? "";
  return listed.split("\0").flatMap((entry) => {
    const { object, path } = /^\d+ (?<object>[0-9a-f]+) [023]\t(?<path>.*)$/s.exec(entry)?.groups ?? {};
    return object === undefined || path === undefined ? [] : [{ object, path }];
  });
};

/** Contents of entries, undefined for objects that the repository lacks. */
export const contentsOf = (dir: string, entries: readonly IndexEntry[]): readonly (Buffer | undefined)[] => {
  const objects = entries.map(({ object }) => object);
  const batch = objects.length === 0 ? undefined : git(dir, ["cat-file", "--batch"], `${objects.join("\n")}\n`);
  let at = 0;
  return objects.map(() => {
    if (batch === undefined) return undefined;
    const end = batch.indexOf("\n", at);
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(batch.toString("latin1", at, end))?.[1];
    at = end + 1;
    if (size === undefined) return undefined;
    const content = batch.subarray(at, at + Number(size));
    at += Number(size) + 1;
    return content;
  });
};
