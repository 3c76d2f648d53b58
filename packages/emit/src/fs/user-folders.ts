import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * This program's folder in a base folder of the user (XDG Base Directory Specification); undefined for a user without a
 * home.
 */
const userFolder = (variable: string, fallback: string): string | undefined => {
  const base = process.env[variable] ?? "";
  if (isAbsolute(base)) return join(base, "microvm-emit");
  try {
    return join(homedir(), fallback, "microvm-emit");
  } catch {
    return undefined;
  }
};

/** Cache folder. It contains code, so it must not be in the temporary directory, where others can write. */
export const userCache = (): string | undefined => userFolder("XDG_CACHE_HOME", ".cache");

/**
 * Folder for the state of unfinished runs. It is not in the output directory, because a repository can contain any file
 * there.
 */
export const userState = (): string | undefined => userFolder("XDG_STATE_HOME", ".local/state");
