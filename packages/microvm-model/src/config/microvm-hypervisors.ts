import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import {
  type NixData,
  nixDataSchema,
  type NixText,
  nixTextSchema,
  object,
  type Package,
  packageSchema,
  record,
} from "../scalars/terms.js";

/** Options of a hypervisor without other options. */
export interface HypervisorPackage {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;
}

/** Options of `cloud-hypervisor`. */
export interface CloudHypervisorOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs, or its build for graphics
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments; microvm.nix merges `--vsock`, `--platform` and `--cpus` with its own.
   *
   * @default none
   * @example ["--pvpanic"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * SMBIOS strings for the guest. They are readable in the store and in the process list.
   *
   * @default none
   */
  readonly platformOEMStrings?: readonly NixText[] | undefined;
}

/** Options of `crosvm`. */
export interface CrosvmOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The root folder of the hypervisor's sandboxes.
   *
   * @default none
   */
  readonly pivotRoot?: NixText | null | undefined;
}

/** Options of `firecracker`. */
export interface FirecrackerOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * Values that are merged into the JSON configuration of the VM.
   *
   * @default none
   * @example { "machine-config": { huge_pages: "2M" } }
   */
  readonly extraConfig?: Readonly<Record<string, NixData>> | undefined;

  /**
   * A CPU template.
   *
   * @default none
   */
  readonly cpu?: Readonly<Record<string, NixData>> | null | undefined;

  /**
   * The I/O engine of disks; `Async` needs io_uring.
   *
   * @default `Async`
   */
  readonly driveIoEngine?: "Async" | "Sync" | undefined;
}

/** Options of `vfkit`, which runs on macOS. */
export interface VfkitOptions {
  /**
   * The package of the hypervisor.
   *
   * @default the one in nixpkgs
   */
  readonly package?: Package | undefined;

  /**
   * Additional arguments.
   *
   * @default none
   */
  readonly extraArgs?: readonly NixText[] | undefined;

  /**
   * The log level.
   *
   * @default `info`
   */
  readonly logLevel?: "debug" | "info" | "error" | null | undefined;

  /**
   * Apple's translation of x86_64 programs.
   *
   * @default none
   */
  readonly rosetta?: RosettaOptions | undefined;
}

/** Rosetta in a guest of `vfkit`, on Apple processors only. */
export interface RosettaOptions {
  /**
   * Turns it on.
   *
   * @default no
   */
  readonly enable?: boolean | undefined;

  /**
   * Starts the VM even if Rosetta is missing.
   *
   * @default no
   */
  readonly ignoreIfMissing?: boolean | undefined;

  /**
   * Installs Rosetta if it is missing.
   *
   * @default no
   */
  readonly install?: boolean | undefined;
}

const texts = z.array(nixTextSchema);

export const hypervisorPackageSchema = object({ package: packageSchema.optional() });

export const cloudHypervisorSchema = object({
  package: packageSchema.optional(),
  extraArgs: texts.optional(),
  platformOEMStrings: texts.optional(),
});

export const crosvmSchema = object({
  package: packageSchema.optional(),
  extraArgs: texts.optional(),
  pivotRoot: nixTextSchema.nullable().optional(),
});

export const firecrackerSchema = object({
  package: packageSchema.optional(),
  extraArgs: texts.optional(),
  extraConfig: record(scalar.anyText, nixDataSchema).optional(),
  cpu: record(scalar.anyText, nixDataSchema).nullable().optional(),
  driveIoEngine: z.enum(["Async", "Sync"]).optional(),
});

export const vfkitSchema = object({
  package: packageSchema.optional(),
  extraArgs: texts.optional(),
  logLevel: z.enum(["debug", "info", "error"]).nullable().optional(),
  rosetta: object({
    enable: z.boolean().optional(),
    ignoreIfMissing: z.boolean().optional(),
    install: z.boolean().optional(),
  }).optional(),
});
