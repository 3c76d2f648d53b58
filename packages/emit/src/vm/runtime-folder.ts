import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { Failed } from "../report/failure.js";

/**
 * The folder of this user for sockets and known hosts, which lasts until the user logs out or the machine stops. Fails
 * if other users can write to it, because ssh trusts its content.
 */
export const runtimeFolder = (): string => {
  const { XDG_RUNTIME_DIR = "" } = process.env;
  const uid = process.getuid?.() ?? 0;
  const folder = isAbsolute(XDG_RUNTIME_DIR)
    ? join(XDG_RUNTIME_DIR, "microvm-emit")
    : join(tmpdir(), `microvm-emit-${String(uid)}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (!found.isDirectory()) throw new Error("it is not a directory");
    if (found.uid !== uid) throw new Error(`it belongs to the user ${String(found.uid)}`);
    if ((found.mode & 0o077) !== 0) throw new Error("other users can use it");
  } catch (error) {
    throw new Failed({ kind: "runtime-unusable", folder, cause: (error as Error).message });
  }
  return folder;
};
