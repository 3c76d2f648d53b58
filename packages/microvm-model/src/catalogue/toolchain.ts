import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { object, type Package, packageSchema, record } from "../scalars/terms.js";

/** A set of packages with their environment. */
export interface Toolchain {
  /**
   * The name of its emitted module: lower-case letters, digits and hyphens.
   *
   * @example "rust"
   */
  readonly name: string;

  /**
   * The packages for the guest.
   *
   * @example ["cargo", "rustc", "rust-analyzer"]
   */
  readonly packages: readonly Package[];

  /**
   * Environment variables by name; the shell expands `$HOME` and other variables.
   *
   * @default {}
   * @example { GOPATH: "$HOME/go" }
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;

  /**
   * Folders at the front of PATH; the shell expands `$HOME`.
   *
   * @default []
   * @example ["$HOME/go/bin"]
   */
  readonly searchPath?: readonly string[] | undefined;

  /**
   * True if it downloads programs built for other distributions, which the guest must be able to start.
   *
   * @default false
   */
  readonly unpatchedBinaries?: boolean | undefined;

  /**
   * Folders of downloads and build results, absolute or below `~/`, that are useful to keep. For information only;
   * nothing is mounted there.
   *
   * @default []
   * @example ["~/go/pkg/mod"]
   */
  readonly caches?: readonly string[] | undefined;

  /**
   * Domains of its package registry, with `*.` in front for all subdomains. A VM with `network: "allowlist"` can reach
   * them.
   *
   * @default []
   * @example ["proxy.golang.org", "sum.golang.org"]
   */
  readonly domains?: readonly string[] | undefined;
}

export const toolchainSchema = object({
  name: scalar.hostLabel,
  packages: z.array(packageSchema).readonly(),
  environment: record(scalar.variableName, scalar.variableValue).default({}),
  searchPath: z.array(scalar.variableValue).readonly().default([]),
  unpatchedBinaries: z.boolean().default(false),
  caches: z.array(scalar.hostPath).readonly().default([]),
  domains: z.array(scalar.domain).readonly().default([]),
});
