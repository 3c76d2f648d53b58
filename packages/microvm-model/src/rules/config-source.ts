import type { ConfigPath } from "../problems/problem.js";
import type { Written } from "../compose/vm-defaults.js";

/** A file or folder that a host is made of, by its absolute path on the machine that reads the config. */
export interface HostSource {
  readonly path: string;
  /** What of a host it is, as in "the config of this host". */
  readonly what: string;
  /**
   * Why files in the folder may be part of the host, where that is not known, as in "is not valid Nix". A guest that may change
   * one of these is a warning.
   */
  readonly unfollowed?: string;
}

/** What is known of the machine that reads a config. */
export interface Machine {
  /** What the host is made of on it: shares by which a guest could change one of these are refused. */
  readonly sources: readonly HostSource[];
  /** An absolute path with the links in it resolved, as far as it is there. */
  readonly realPath: (path: string) => string;
  /** The Git directory that the `.git` file of a folder refers to, as an absolute path; undefined where `.git` is no such file. */
  readonly gitDirOf: (folder: string) => string | undefined;
}

/** The same of each path that is asked for, which the machine is asked of once: many rules ask, and for many VMs. */
export const remembered = <Fact>(ask: (path: string) => Fact): ((path: string) => Fact) => {
  const known = new Map<string, { readonly fact: Fact }>();
  return (path) => {
    const { fact } = known.get(path) ?? { fact: ask(path) };
    known.set(path, { fact });
    return fact;
  };
};

/** Where what a plan says comes from. */
export interface ConfigSource extends Machine {
  readonly written: Written;
  /** Whether the config, or its host's `vmDefaults`, says something at a path. */
  readonly says: (path: ConfigPath) => boolean;
}
