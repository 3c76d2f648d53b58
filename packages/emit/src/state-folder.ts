import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { Failed } from "./failure.js";

/**
 * What a run keeps until it is done: the user's own state folder (XDG Base Directory Specification) and not the output
 * directory, because a repository can carry anything that lies there.
 */
export const stateRoot = (): string => {
  const base = process.env["XDG_STATE_HOME"] ?? "";
  return join(isAbsolute(base) ? base : join(homedir(), ".local/state"), "microvm-emit");
};

/** Makes the state folder of an output directory, which is absolute and without links; fails where others may write. */
export const stateFolder = (outputDir: string): string => {
  let folder = "$XDG_STATE_HOME";
  try {
    folder = stateRoot();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) throw new Error("it is not a directory");
    if (stat.uid !== process.getuid?.()) throw new Error(`it belongs to the user ${String(stat.uid)}`);
    if ((stat.mode & 0o022) !== 0) throw new Error("other users can write to it");
    return join(folder, createHash("sha256").update(outputDir).digest("hex").slice(0, 32));
  } catch (error) {
    throw new Failed({ kind: "state-unusable", folder, cause: (error as Error).message });
  }
};
