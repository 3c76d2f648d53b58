import type { Written } from "./vm-defaults.js";

/** Where a config is on the machine that reads it: absolute, and without links. */
export interface ConfigPlaces {
  /** The config's file. */
  readonly config: string;
  /** The folder that its flake is written to. */
  readonly flake: string;
}

/** Where what a plan says comes from. */
export interface ConfigSource {
  readonly written: Written;
  /** Known where a config is read from a file. */
  readonly places: ConfigPlaces | undefined;
}

/** Where a path from the config's folder leads, such as that of a module. */
export const besideConfig = ({ config }: ConfigPlaces, path: string): string =>
  path.split("/").reduce((folder, step) => {
    if (step === "" || step === ".") return folder;
    return step === ".." ? withoutLast(folder) : `${folder}/${step}`;
  }, withoutLast(config));

const withoutLast = (path: string): string => path.slice(0, path.lastIndexOf("/"));
