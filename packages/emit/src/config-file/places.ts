import { basename, dirname, join, resolve } from "node:path";
import { withoutLinks } from "../fs/without-links.js";
import { lockNameOf } from "../lock-name.js";

/** Paths that a run reads and writes: absolute, with symlinks resolved where they exist, as Nix resolves `../`. */
export interface Places {
  /** The config file. */
  readonly config: string;
  /** The folder of the config. */
  readonly configDir: string;
  /** The folder of the flake. */
  readonly outputDir: string;
  /** The output directory with the symlinks of the typed path. */
  readonly typedOutput: string;
  /** True if the command line does not name the output directory. */
  readonly isDefaultOutput: boolean;
  /** The lock file. */
  readonly lock: string;
}

const defaultOutput = "flake";

/** The default output directory of a config with `flake: false`. */
const defaultOutputOfModules = "microvms";

/**
 * Resolves all paths of a run.
 *
 * @param output the output directory as typed; by default `flake/` beside the config.
 */
export const placesOf = (config: string, output?: string): Places => {
  const file = resolve(config);
  const configDir = withoutLinks(dirname(file));
  const typedOutput = output === undefined ? join(configDir, defaultOutput) : resolve(output);
  return {
    config: join(configDir, basename(file)),
    configDir,
    outputDir: withoutLinks(typedOutput),
    typedOutput,
    isDefaultOutput: output === undefined,
    // A symlink as lock is not followed, because it could lead to the lock of another config.
    lock: join(configDir, lockNameOf(basename(file))),
  };
};

/** The places of a loaded config. With `flake: false`, the default output directory has another name. */
export const placesFor = (places: Places, config: unknown): Places =>
  places.isDefaultOutput && typeof config === "object" && config !== null && "flake" in config && config.flake === false
    ? { ...placesOf(places.config, join(places.configDir, defaultOutputOfModules)), isDefaultOutput: true }
    : places;
