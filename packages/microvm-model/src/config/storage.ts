import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object } from "../scalars/terms.js";

/** A host folder that a guest mounts. */
export interface Share {
  /**
   * The name by which the guest finds the share, unique in a VM, up to 36 characters.
   *
   * @example "datasets"
   */
  readonly tag: string;

  /**
   * The folder on the host: absolute, below `~/`, or relative to the VM's folder below `/var/lib/microvms`. The host
   * creates a missing folder.
   *
   * @example "/srv/datasets"
   */
  readonly source: string;

  /**
   * The absolute path in the guest.
   *
   * @default the path of `source`
   */
  readonly mountPoint?: string | undefined;

  /**
   * Mounts it read-only.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;

  /**
   * Mounts it in the initrd, before services start, as modules such as impermanence and sops-nix need it. VMs share a
   * guest only if they agree on such shares.
   *
   * @default false
   */
  readonly neededForBoot?: boolean | undefined;

  /**
   * The owners of the guest's files on the host, over virtiofs: `squash` makes the host's user the owner of all files,
   * so that root in the guest cannot create files of root or devices; `guest` keeps the owners from the guest.
   *
   * @default "squash"
   */
  readonly owners?: "squash" | "guest" | undefined;

  /**
   * The reason to share a folder that contains keys, logins or programs of the host; without a reason this is an error.
   *
   * @default none
   * @example "the agent maintains this host"
   */
  readonly dangerous?: string | undefined;

  /**
   * The protocol; some hypervisors support only one.
   *
   * @default "virtiofs"
   */
  readonly proto?: "virtiofs" | "9p" | undefined;

  /**
   * The cache mode of the guest over virtiofs. Use `never` if the host changes files too.
   *
   * @default `auto`, by microvm.nix
   */
  readonly cache?: "auto" | "always" | "metadata" | "never" | undefined;

  /**
   * The security model of 9p: how the host stores the owners and modes that the guest sets.
   *
   * @default `none`, by microvm.nix
   */
  readonly securityModel?: "passthrough" | "none" | "mapped" | "mapped-file" | undefined;

  /**
   * Enables POSIX ACLs and extended attributes over virtiofs; not possible with squashed owners, `--translate-uid` or
   * `--translate-gid`.
   *
   * @default true, by microvm.nix, if owners are not squashed
   */
  readonly posixAcl?: boolean | undefined;

  /**
   * The socket of the virtiofs daemon: a name in the VM's folder, or an absolute path.
   *
   * @default `NAME-virtiofs-TAG.sock`
   */
  readonly socket?: string | undefined;

  /**
   * Additional arguments of the virtiofs daemon for this share.
   *
   * @default []
   * @example ["--modcaps=-mknod"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;
}

/** A disk image of a guest. A missing image is created. */
export interface Volume {
  /**
   * The image file: absolute, or relative to the VM's folder below `/var/lib/microvms`.
   *
   * @example "var.img"
   */
  readonly image: string;

  /**
   * The absolute path in the guest; `/` for a root that survives restarts, which is in memory otherwise.
   *
   * @default none: the guest has the disk but does not mount it
   * @example "/var"
   */
  readonly mountPoint?: string | undefined;

  /**
   * The size of a new image in MiB (1024 MiB = 1 GiB); an existing image keeps its size. Required unless `autoCreate`
   * is false.
   *
   * @default none
   */
  readonly sizeMiB?: number | undefined;

  /**
   * The file system.
   *
   * @default "ext4"
   */
  readonly fsType?: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "vfat" | undefined;

  /**
   * Mounts it read-only.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;

  /**
   * Mounts it in the initrd, before services start, as modules such as impermanence and sops-nix need it. VMs share a
   * guest only if they agree on such volumes.
   *
   * @default false
   */
  readonly neededForBoot?: boolean | undefined;

  /**
   * Creates a missing image with its file system.
   *
   * @default true, by microvm.nix
   */
  readonly autoCreate?: boolean | undefined;

  /**
   * The label of the file system, by which the guest finds it independent of the order of disks.
   *
   * @default none: the guest finds it by its position
   * @example "var"
   */
  readonly label?: string | undefined;

  /**
   * The serial number of the disk in the guest, up to 20 characters.
   *
   * @default none
   */
  readonly serial?: string | undefined;

  /**
   * Bypasses the host's page cache.
   *
   * @default false, by microvm.nix
   */
  readonly direct?: boolean | undefined;

  /**
   * The format of the image, for `cloud-hypervisor`; a new image is always `raw`.
   *
   * @default `raw`, by microvm.nix
   */
  readonly imageType?: "raw" | "qcow2" | "vhd" | "vhdx" | undefined;

  /**
   * Additional arguments of `mkfs`.
   *
   * @default none
   * @example ["-m", "0"]
   */
  readonly mkfsExtraArgs?: readonly string[] | undefined;
}

export const shareSchema = object({
  tag: scalar.shareTag,
  source: scalar.shareSource,
  mountPoint: scalar.guestPath.optional(),
  readOnly: z.boolean().default(false),
  neededForBoot: z.boolean().default(false),
  owners: z.enum(["squash", "guest"]).optional(),
  dangerous: scalar.reason.optional(),
  proto: z.enum(["virtiofs", "9p"]).default("virtiofs"),
  cache: z.enum(["auto", "always", "metadata", "never"]).optional(),
  securityModel: z.enum(["passthrough", "none", "mapped", "mapped-file"]).optional(),
  posixAcl: z.boolean().optional(),
  socket: scalar.imagePath.optional(),
  extraArgs: z.array(nixTextSchema).default([]),
});

export const volumeSchema = object({
  image: scalar.imagePath,
  mountPoint: scalar.volumeMountPoint.optional(),
  sizeMiB: z.int().positive().optional(),
  fsType: z.enum(["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"]).default("ext4"),
  readOnly: z.boolean().default(false),
  neededForBoot: z.boolean().default(false),
  autoCreate: z.boolean().optional(),
  label: scalar.volumeLabel.optional(),
  serial: scalar.diskSerial.optional(),
  direct: z.boolean().optional(),
  imageType: z.enum(["raw", "qcow2", "vhd", "vhdx"]).optional(),
  mkfsExtraArgs: z.array(scalar.line).optional(),
});
