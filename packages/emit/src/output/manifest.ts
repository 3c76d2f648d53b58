import type { TextFile } from "../output-file.js";
import { hasConflictMarkers } from "./merge-conflict.js";
import { sha256 } from "../fs/sha256.js";

/**
 * The record, in the output directory, of the texts that are ours: path → SHA-256 in hexadecimal. Git joins two records line by
 * line (`attributesFor`), so a path has a hash of each branch until the next run.
 */
export type Manifest = ReadonlyMap<string, ReadonlySet<string>>;

export const manifestName = ".microvm-emit.sha256";

/** A manifest as text, sorted: the same for the same files. `sha256sum -c` reads it. */
export const printManifest = (files: readonly TextFile[]): string =>
  files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, text }) => `${sha256(text)}  ${path}\n`)
    .join("");

/** Reads a manifest. A line without a hash and a path inside is left out: the file then counts as not ours. */
export const parseManifest = (text: string): Manifest => {
  const manifest = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const { hash, path } = /^(?<hash>[0-9a-f]{64}) {2}(?<path>.+?)\r?$/.exec(line)?.groups ?? {};
    if (hash === undefined || path === undefined || !isInside(path)) continue;
    manifest.set(path, (manifest.get(path) ?? new Set()).add(hash));
  }
  return manifest;
};

/** Whether a relative path with `/` stays below where it starts, in its plainest form. */
export const isInside = (path: string): boolean =>
  // Linux takes no longer path.
  path.length < 4096 &&
  path.split("/").every((step) => step !== "" && step !== "." && step !== "..") &&
  !/[\\\0]/.test(path);

export const attributesName = ".gitattributes";

const heading =
  "# microvm-emit writes these files. Where two branches change one, git keeps a side: run microvm-emit after the merge.";

/**
 * How git merges what is emitted: as a whole, so that no file is a mixture of two emissions, and records by adding lines
 * (gitattributes(5)). Files in folders are named by folder, for one that the other branch adds.
 */
export const attributesFor = (files: readonly TextFile[]): string => {
  const whole = new Set(files.map(({ path }) => path.replace(/\/.*/, "/**")));
  const lines = [
    ...[attributesName, manifestName].map((path) => attribute(path, "union")),
    ...[...whole].sort().map((path) => attribute(path, "binary")),
  ];
  return [heading, ...lines, ""].join("\n");
};

const attribute = (path: string, merge: "union" | "binary"): string => `"/${path}" merge=${merge}`;

/** Whether attributes say nothing but ours, in a merge under way too. */
export const areOwnAttributes = (text: string): boolean =>
  text
    .split("\n")
    .every((line) => line === heading || /^("\/.*" merge=(union|binary))?\r?$/.test(line) || hasConflictMarkers(line));
