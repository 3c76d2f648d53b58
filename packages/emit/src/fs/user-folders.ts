import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** A folder of this program below one of the user's (XDG Base Directory Specification); undefined for a user without a home. */
const userFolder = (variable: string, fallback: string): string | undefined => {
  const base = process.env[variable] ?? "";
  if (isAbsolute(base)) return join(base, "microvm-emit");
  try {
    return join(homedir(), fallback, "microvm-emit");
  } catch {
    return undefined;
  }
};

/**
 * Where what is quicker to keep than to make again is kept: the user's own cache and not the temporary directory,
 * because what is kept is code, and others may write to the latter.
 */
export const userCache = (): string | undefined => userFolder("XDG_CACHE_HOME", ".cache");

/**
 * What a run keeps until it is done: the user's own state folder and not the output directory, because a repository can
 * carry anything that lies there.
 */
export const userState = (): string | undefined => userFolder("XDG_STATE_HOME", ".local/state");
