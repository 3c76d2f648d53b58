import { basename, dirname, join, resolve } from "node:path";
import { withoutLinks } from "../fs/without-links.js";
import { lockNameOf } from "../lock-name.js";

/** Where a run reads and writes: absolute paths, without symlinks where they exist, since Nix resolves `../` that way. */
export interface Places {
  readonly config: string;
  readonly configDir: string;
  readonly outputDir: string;
  /** The output directory with the links that its path was typed with. */
  readonly typedOutput: string;
  readonly lock: string;
}

/** @param output the output directory as typed; `flake/` beside the config by default. */
export const placesOf = (config: string, output?: string): Places => {
  const file = resolve(config);
  const configDir = withoutLinks(dirname(file));
  const typedOutput = output === undefined ? join(configDir, "flake") : resolve(output);
  return {
    config: join(configDir, basename(file)),
    configDir,
    outputDir: withoutLinks(typedOutput),
    typedOutput,
    // A link in its place is not followed: it might lead to the lock of another config.
    lock: join(configDir, lockNameOf(basename(file))),
  };
};
