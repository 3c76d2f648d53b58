import type { TextFile } from "../output-file.js";
import { hasConflictMarkers } from "./merge-conflict.js";
import { sha256 } from "../fs/sha256.js";

/**
 * The record of our files in the output directory: path → SHA-256 in hexadecimal. Git merges two records line by line
 * (`attributesFor`), so a path has a hash per branch until the next run.
 */
export type Manifest = ReadonlyMap<string, ReadonlySet<string>>;

export const manifestName = ".microvm-emit.sha256";

/** Prints a manifest, sorted by path, in the format of `sha256sum -c`. */
export const printManifest = (files: readonly TextFile[]): string =>
  files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, text }) => `${sha256(text)}  ${path}\n`)
    .join("");

/**
 * Reads a manifest. Skips lines without a hash and a path inside the output directory: their files then count as
 * foreign.
 */
export const parseManifest = (text: string): Manifest => {
  const manifest = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const { hash, path } = /^(?<hash>[0-9a-f]{64}) {2}(?<path>.+?)\r?$/.exec(line)?.groups ?? {};
    if (hash === undefined || path === undefined || !isInside(path)) continue;
    manifest.set(path, (manifest.get(path) ?? new Set()).add(hash));
  }
  return manifest;
};

/** True for a normalized relative path, with `/`, that stays inside its folder. */
export const isInside = (path: string): boolean =>
  // PATH_MAX of Linux.
  path.length < 4096 &&
  path.split("/").every((step) => step !== "" && step !== "." && step !== "..") &&
  !/[\\\0]/.test(path);

export const attributesName = ".gitattributes";

const introduction = "# microvm-emit writes these files.";
const heading = `${introduction} If two branches change one of them, git keeps one side: run microvm-emit after the merge.`;

/**
 * Rules for git (gitattributes(5)). `-text`: no conversion of line endings, which would change programs and strings of
 * Nix. `merge`: a file comes from one branch as a whole, so that no file mixes two runs, and
 * manifests are joined by line. A folder has one rule, which covers files that only the other branch has.
 */
export const attributesFor = (files: readonly TextFile[]): string => {
  const whole = new Set(files.map(({ path }) => path.replace(/\/.*/, "/**")));
  const lines = [
    ...[attributesName, manifestName].map((path) => attribute(path, "union")),
    ...[...whole].sort().map((path) => attribute(path, "binary")),
  ];
  return [heading, ...lines, ""].join("\n");
};

const attribute = (path: string, merge: "union" | "binary"): string => `"/${path}" -text merge=${merge}`;

/** True if all lines are ours or, during a merge, conflict markers. */
export const areOwnAttributes = (text: string): boolean =>
  text
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .every(
      (line) =>
        line.startsWith(introduction) ||
        /^("\/.*"( -text)? merge=(union|binary))?$/.test(line) ||
        hasConflictMarkers(line),
    );
