import { problem } from "./problem.js";

/**
 * A module's file is not there
 *
 * The config names a module by a path, relative to itself, where there is no file and no folder.
 */
export const moduleMissing = problem("module-missing", "error");
