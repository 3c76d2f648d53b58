import { type ConfigPath, type Problem, problem } from "./problem.js";

/**
 * Module file not found
 *
 * The config names a module by its path relative to the config file. There is no file or folder at that path.
 */
const missing = problem("module-missing", "error");

/** Reports the module at a path of the config; `file` is relative to the config file. Only the caller can read the disk. */
export const moduleMissing = (path: ConfigPath, file: string): Problem =>
  missing(path, `${file} does not exist beside the config`, "Create the file or correct its path.");
