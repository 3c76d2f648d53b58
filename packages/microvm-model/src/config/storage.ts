import { z } from "zod";
import * as scalar from "../scalars.js";
import { object } from "./terms.js";

/** A folder of the host that a guest mounts. */
export interface Share {
  /**
   * The name under which the guest finds the share, one of its kind in a VM, up to 36 characters.
   *
   * @example "datasets"
   */
  readonly tag: string;

  /**
   * The folder on the host, absolute or below `~/`; it is made when it is missing.
   *
   * @example "/srv/datasets"
   */
  readonly source: string;

  /**
   * The absolute path where the guest sees it.
   *
   * @default the path of `source`
   */
  readonly mountPoint?: string | undefined;

  /**
   * Whether the guest may only read it.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;

  /**
   * The protocol; not every hypervisor has both.
   *
   * @default "virtiofs"
   */
  readonly proto?: "virtiofs" | "9p" | undefined;
}

/** A disk image of a guest, made when it is missing. */
export interface Volume {
  /**
   * The image file: absolute, or relative to the VM's folder below `/var/lib/microvms`.
   *
   * @example "var.img"
   */
  readonly image: string;

  /**
   * The absolute path where the guest mounts it.
   *
   * @default none: the guest has the disk and mounts nothing
   * @example "/var"
   */
  readonly mountPoint?: string | undefined;

  /** The size of a newly made image in MiB (1024 MiB = 1 GiB); an image that exists keeps its size. */
  readonly sizeMiB: number;

  /**
   * The file system.
   *
   * @default "ext4"
   */
  readonly fsType?: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "vfat" | undefined;

  /**
   * Whether the guest may only read it.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;
}

export const shareSchema = object({
  tag: scalar.shareTag,
  /** The folder on the host. */
  source: scalar.hostPath,
  /** Where the guest sees it; at `source` by default. */
  mountPoint: scalar.guestPath.optional(),
  readOnly: z.boolean().default(false),
  proto: z.enum(["virtiofs", "9p"]).default("virtiofs"),
});

export const volumeSchema = object({
  image: scalar.imagePath,
  mountPoint: scalar.guestPath.optional(),
  sizeMiB: z.int().positive(),
  fsType: z.enum(["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"]).default("ext4"),
  readOnly: z.boolean().default(false),
});
