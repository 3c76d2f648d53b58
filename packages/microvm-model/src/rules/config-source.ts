import type { ConfigPath } from "../problems/problem.js";
import type { Written } from "../compose/vm-defaults.js";

/** A file or folder that a host is built from, by absolute path on the machine that reads the config. */
export interface HostSource {
  /** Its absolute path. */
  readonly path: string;
  /** Description, such as "the config of this host". */
  readonly what: string;
  /**
   * Reason why files in the folder may or may not be part of the host, such as "is not valid Nix". A guest that can write
   * them gives a warning.
   */
  readonly unfollowed?: string;
}

/** Facts about the machine that reads the config. */
export interface Machine {
  /** Files that the host is built from. A share through which a guest could change them is an error. */
  readonly sources: readonly HostSource[];
  /** Resolves symlinks of an absolute path, as far as it exists. */
  readonly realPath: (path: string) => string;
  /** Absolute path in the `.git` file of a folder; undefined if `.git` is not a file. */
  readonly gitDirOf: (folder: string) => string | undefined;
}

/** Caches answers by path: many rules ask for the same paths. */
export const remembered = <Fact>(ask: (path: string) => Fact): ((path: string) => Fact) => {
  const known = new Map<string, { readonly fact: Fact }>();
  return (path) => {
    const { fact } = known.get(path) ?? { fact: ask(path) };
    known.set(path, { fact });
    return fact;
  };
};

/** Origin of a plan's values. */
export interface ConfigSource extends Machine {
  readonly written: Written;
  /** True if the config or its host's `vmDefaults` sets the path. */
  readonly says: (path: ConfigPath) => boolean;
}
