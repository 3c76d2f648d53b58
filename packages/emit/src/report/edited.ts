import { formatPath } from "@microvm-emit/model";
import { clip } from "@microvm-emit/model/internal";
import type { ConfigPath } from "@microvm-emit/model";
import { structuredPatch } from "diff";
import type { Style } from "./style.js";

/** A file of a config that a command edited, as `--json` prints it. */
export interface EditedFile {
  readonly file: string;
  /** The change as a unified diff without its header. */
  readonly diff: string;
}

/** The change of a text as the hunks of a unified diff. */
export const diffOf = (before: string, after: string): string =>
  structuredPatch("", "", before, after, undefined, undefined, { context: 3 })
    .hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
      `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
      ...lines,
    ])
    .join("\n");

/** The edits as a diff that `patch` can read. */
export const formatDiff = (files: readonly EditedFile[], style: Style): string =>
  files
    .map(({ file, diff }) => {
      const lines = diff.split("\n").map((line) => {
        if (line.startsWith("+")) return style.green(line);
        if (line.startsWith("-")) return style.red(line);
        return line.startsWith("@@") ? style.cyan(line) : line;
      });
      return [`--- ${style.path(file)}`, `+++ ${style.path(file)}`, ...lines, ""].join("\n");
    })
    .join("");

/** The number of warnings that the config had before the edit. */
export const formatOthers = (count: number, style: Style): string =>
  count === 0 ? "" : `${style.dim(`${String(count)} other warning${count === 1 ? "" : "s"}: microvm-emit check`)}\n`;

/** The settings that a copy of a VM does not have. */
export const formatLeftOut = (like: string, leftOut: readonly ConfigPath[], style: Style): string =>
  leftOut.length === 0
    ? ""
    : `${style.yellow("left out")} ${leftOut.map((path) => clip(formatPath(path))).join(", ")} (unique to ${like})\n`;
