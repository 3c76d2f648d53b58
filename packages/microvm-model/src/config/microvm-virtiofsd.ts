import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object, type Package, packageSchema } from "../scalars/terms.js";

/** The daemon for virtiofs shares. */
export interface VirtiofsdOptions {
  /**
   * The package of the daemon.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments for all shares of the VM.
   *
   * @default none
   * @example ["--log-level=debug"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The group with access to its sockets.
   *
   * @default `kvm`
   */
  readonly group?: string | null | undefined;

  /**
   * Uses file handles instead of open file descriptors, whose number is limited.
   *
   * @default `prefer`
   */
  readonly inodeFileHandles?: "never" | "prefer" | "mandatory" | null | undefined;

  /**
   * The number of its threads, or shell text that prints it.
   *
   * @default one per core
   */
  readonly threadPoolSize?: number | string | undefined;
}

export const virtiofsdSchema = object({
  package: packageSchema.optional(),
  extraArgs: z.array(nixTextSchema).optional(),
  group: scalar.groupName.nullable().optional(),
  inodeFileHandles: z.enum(["never", "prefer", "mandatory"]).nullable().optional(),
  threadPoolSize: z.union([z.int().min(0), scalar.line]).optional(),
});
