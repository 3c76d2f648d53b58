import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TextFile } from "../output-file.js";

/** True if a directory has all emitted files with their text. */
export const isCurrent = (dir: string, files: readonly TextFile[]): boolean =>
  files.every(({ path, text }) => {
    const file = join(dir, path);
    return existsSync(file) && readFileSync(file, "utf8") === text;
  });
