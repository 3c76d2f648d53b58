import { normalize } from "pathe";

/** Where the config lies, as the output directory sees it, with `/`. */
export interface Locations {
  /** The config file, such as `../microvm.config.ts`. */
  readonly configFile: string;
}

/** How many folders below the output directory a file lies. */
type Depth = 0 | 1 | 2;

/** A path of the config, written for a file of the output. */
export type Relocate = (path: string, depth: Depth) => string;

/** Turns paths relative to the config file into paths relative to an emitted file. */
export const relocate =
  ({ configFile }: Locations): Relocate =>
  (path, depth) => {
    const relative = normalize(`${"../".repeat(depth)}${configFile}/../${path}`);
    return relative.startsWith("../") ? relative : `./${relative}`;
  };
