import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The path with the links of as much of it as is there resolved. */
export const withoutLinks = (path: string): string => {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(withoutLinks(dirname(path)), basename(path));
};
