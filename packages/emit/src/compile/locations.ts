import { normalize } from "pathe";

/** Paths relative to the output directory, with `/`. */
export interface Locations {
  /** The config file, such as `../microvm.config.ts`. */
  readonly configFile: string;
}

/** Folders between the output directory and a file in it. */
export type Depth = 0 | 3;

/** Rewrites a path of the config for a file at this depth. */
export type Relocate = (path: string, depth: Depth) => string;

/** Returns a function from paths relative to the config file to paths relative to an emitted file. */
export const relocate =
  ({ configFile }: Locations): Relocate =>
  (path, depth) => {
    const relative = normalize(`${"../".repeat(depth)}${configFile}/../${path}`);
    return relative.startsWith("../") ? relative : `./${relative}`;
  };
