import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Resolves the symlinks in the existing part of a path. */
export const withoutLinks = (path: string): string => {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(withoutLinks(dirname(path)), basename(path));
};
