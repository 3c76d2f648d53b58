import { execFileSync } from "node:child_process";

/**
 * The output of a git command that reads; undefined where git is missing or refuses, as in another user's work tree.
 *
 * A repository's own settings may name programs: one that watches files, and one that fetches objects of a partial clone.
 * Neither runs.
 */
export const git = (cwd: string, args: readonly string[]): Buffer | undefined => {
  try {
    return execFileSync("git", ["-c", "core.fsmonitor=false", ...args], {
      cwd,
      env: { ...process.env, GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" },
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return undefined;
  }
};
