import type { Written } from "./vm-defaults.js";

/** A file or folder that a host is made of, by its absolute path on the machine that reads the config. */
export interface HostSource {
  readonly path: string;
  /** What of a host it is, as in "the config of this host". */
  readonly what: string;
}

/** Where what a plan says comes from. */
export interface ConfigSource {
  readonly written: Written;
  readonly sources: readonly HostSource[];
}
