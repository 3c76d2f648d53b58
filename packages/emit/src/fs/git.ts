import { execFileSync } from "node:child_process";

/**
 * The output of a git command that reads; undefined where git is missing or refuses, as in another user's work tree.
 *
 * A repository's own settings may name programs: one that watches files, and one that fetches objects of a partial clone.
 * Neither runs. A repository within the work tree, which git can carry as plain files, is not taken for the user's.
 */
export const git = (cwd: string, args: readonly string[], input = ""): Buffer | undefined => {
  try {
    return execFileSync("git", ["-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", ...args], {
      cwd,
      env: { ...process.env, GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" },
      maxBuffer: 1 << 30,
      // A repository's settings may include a file that gives nothing and never ends.
      timeout: 30_000,
      input,
      stdio: ["pipe", "pipe", "ignore"],
    });
  } catch {
    return undefined;
  }
};

/** A version of a file in git's index: one of a file that is merged, one a side of a file that git could not merge. */
export interface IndexEntry {
  /** Relative to the folder asked about. */
  readonly path: string;
  readonly object: string;
}

/** The entries of the index below a folder without common ancestors; `unmerged` are those that nobody added since. */
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

/** The contents of entries, each undefined where the repository does not have it. */
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
