import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { object, type Package, packageSchema, record } from "../scalars/terms.js";

/** Packages that belong together, and the environment they want. */
export interface Toolchain {
  /**
   * What its emitted module is called: lower-case letters, digits and hyphens.
   *
   * @example "rust"
   */
  readonly name: string;

  /**
   * What is installed in the guest.
   *
   * @example ["cargo", "rustc", "rust-analyzer"]
   */
  readonly packages: readonly Package[];

  /**
   * Environment variables by name; the shell expands `$HOME` and the like.
   *
   * @default {}
   * @example { GOPATH: "$HOME/go" }
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;

  /**
   * Folders put in front of PATH; the shell expands `$HOME`.
   *
   * @default []
   * @example ["$HOME/go/bin"]
   */
  readonly searchPath?: readonly string[] | undefined;

  /**
   * Whether it downloads programs that were built for other distributions, so that the guest must be able to start them.
   *
   * @default false
   */
  readonly unpatchedBinaries?: boolean | undefined;

  /**
   * Folders of downloads and build results, absolute or below `~/`, that are worth keeping between starts. Nothing is
   * mounted there by it.
   *
   * @default []
   * @example ["~/go/pkg/mod"]
   */
  readonly caches?: readonly string[] | undefined;

  /**
   * Domains of its package registry, `*.` in front for all below one. Nothing is closed by it: it is there for a firewall
   * of one's own to read.
   *
   * @default []
   * @example ["proxy.golang.org", "sum.golang.org"]
   */
  readonly domains?: readonly string[] | undefined;
}

export const toolchainSchema = object({
  /** What its emitted module is called. */
  name: scalar.hostLabel,
  packages: z.array(packageSchema).readonly(),
  /** Environment variables; `$HOME` and the like are expanded by the shell. */
  environment: record(scalar.variableName, scalar.variableValue).default({}),
  /** Folders put in front of PATH; `$HOME` is expanded by the shell. */
  searchPath: z.array(scalar.variableValue).readonly().default([]),
  /** Whether it downloads programs of other distributions. */
  unpatchedBinaries: z.boolean().default(false),
  /** Folders worth keeping between starts. */
  caches: z.array(scalar.hostPath).readonly().default([]),
  /** Its package registry. */
  domains: z.array(scalar.domain).readonly().default([]),
});
