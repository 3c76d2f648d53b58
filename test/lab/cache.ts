/** Folders that recipes build outside the source tree. The content of a recipe is the key, so a changed recipe builds again. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { tail } from "./log.js";

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "microvm-emit");

/** The folder that the files of a recipe build, whether it exists or not. */
export const folderOf = (kind: string, recipe: string): string => {
  const hash = createHash("sha256");
  const files = readdirSync(recipe, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  for (const file of files)
    hash
      .update(`${file.slice(recipe.length)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return join(CACHE, kind, hash.digest("hex").slice(0, 16));
};

/**
 * Builds a folder with a script, unless it exists.
 *
 * @param script a program with its arguments; the last argument will be the folder to fill
 * @param finish changes the folder after the script
 * @throws Error with the end of the log if the script fails
 */
export const buildFolder = async (
  folder: string,
  script: readonly [string, ...string[]],
  finish: (unfinished: string) => Promise<void> = async () => {},
): Promise<void> => {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(join(dirname(folder), "unfinished-"));
  const log = join(unfinished, "build.log");
  const output = openSync(log, "w");
  try {
    const [program, ...args] = script;
    const built = spawn(program, [...args, unfinished], { stdio: ["ignore", output, output] });
    const [status] = (await once(built, "exit")) as [number | null];
    if (status !== 0) throw new Error(`${args.at(-1) ?? program} failed:\n${tail(log, 40)}`);
    await finish(unfinished);
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      // Another process has built the same folder in the meantime.
      if (!existsSync(folder)) throw error;
    }
  } finally {
    closeSync(output);
    rmSync(unfinished, { recursive: true, force: true });
  }
};
