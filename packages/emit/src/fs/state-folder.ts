import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Failed } from "../report/failure.js";
import { userState } from "./user-folders.js";

/**
 * State folder of an output directory (absolute, without symlinks); creates its parent. Throws {@link Failed} if others
 * may write to it.
 */
export const stateFolder = (outputDir: string): string => {
  const folder = userState();
  try {
    if (folder === undefined) throw new Error("this user has no home");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) throw new Error("it is not a directory");
    if (stat.uid !== process.getuid?.()) throw new Error(`it belongs to the user ${String(stat.uid)}`);
    if ((stat.mode & 0o022) !== 0) throw new Error("other users can write to it");
    return join(folder, createHash("sha256").update(outputDir).digest("hex").slice(0, 32));
  } catch (error) {
    throw new Failed({ kind: "state-unusable", folder: folder ?? "$XDG_STATE_HOME", cause: (error as Error).message });
  }
};
