import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where what is quicker to keep than to make again is kept: the user's own cache and not the temporary directory,
 * because what is kept is code, and others may write to the latter.
 */
export const userCache = (): string => {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "microvm-emit");
};
