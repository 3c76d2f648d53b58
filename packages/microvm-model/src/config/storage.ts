import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type NixText, nixTextSchema, object } from "../scalars/terms.js";

/** A folder of the host that a guest mounts. */
export interface Share {
  /**
   * The name under which the guest finds the share, one of its kind in a VM, up to 36 characters.
   *
   * @example "datasets"
   */
  readonly tag: string;

  /**
   * The folder on the host: absolute, below `~/`, or relative to the VM's folder below `/var/lib/microvms`. It is made when it is
   * missing.
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
   * Whether the guest mounts it in the initrd, before its services start, as modules such as impermanence and sops-nix need it.
   * VMs share a guest only where they agree on such shares.
   *
   * @default false
   */
  readonly neededForBoot?: boolean | undefined;

  /**
   * Whose the guest's files are on the host, over virtiofs: `squash` makes the host's user the owner of all that is written,
   * so that root of the guest leaves no file of root's and no device there; `guest` keeps each owner that the guest gives.
   *
   * @default "squash"
   */
  readonly owners?: "squash" | "guest" | undefined;

  /**
   * Why the guest is to have a folder that holds keys, logins or what the host runs, which is an error without a reason.
   *
   * @default none
   * @example "the agent maintains this host"
   */
  readonly dangerous?: string | undefined;

  /**
   * The protocol; not every hypervisor has both.
   *
   * @default "virtiofs"
   */
  readonly proto?: "virtiofs" | "9p" | undefined;

  /**
   * How long the guest believes what it has read, over virtiofs: `never` where the host changes files too.
   *
   * @default microvm.nix's: `auto`
   */
  readonly cache?: "auto" | "always" | "metadata" | "never" | undefined;

  /**
   * How the guest's owners and modes are kept, over 9p.
   *
   * @default microvm.nix's: `none`
   */
  readonly securityModel?: "passthrough" | "none" | "mapped" | "mapped-file" | undefined;

  /**
   * Whether the guest has POSIX ACLs and extended attributes, over virtiofs; not where owners are squashed, nor together
   * with `--translate-uid` or `--translate-gid`.
   *
   * @default microvm.nix's, yes, where owners are not squashed
   */
  readonly posixAcl?: boolean | undefined;

  /**
   * The socket of the virtiofs daemon: a name in the VM's folder, or an absolute path.
   *
   * @default `NAME-virtiofs-TAG.sock`
   */
  readonly socket?: string | undefined;

  /**
   * Further arguments of the virtiofs daemon for this share.
   *
   * @default []
   * @example ["--modcaps=-mknod"]
   */
  readonly extraArgs?: readonly NixText[] | undefined;
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
   * The absolute path where the guest mounts it; `/` for a root that outlives restarts, which is in memory otherwise.
   *
   * @default none: the guest has the disk and mounts nothing
   * @example "/var"
   */
  readonly mountPoint?: string | undefined;

  /**
   * The size of a newly made image in MiB (1024 MiB = 1 GiB); an image that exists keeps its size. Needed unless
   * `autoCreate` is false.
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
   * Whether the guest may only read it.
   *
   * @default false
   */
  readonly readOnly?: boolean | undefined;

  /**
   * Whether the guest mounts it in the initrd, before its services start, as modules such as impermanence and sops-nix need it.
   * VMs share a guest only where they agree on such volumes.
   *
   * @default false
   */
  readonly neededForBoot?: boolean | undefined;

  /**
   * Whether the image is made, with its file system, when it is missing.
   *
   * @default microvm.nix's: yes
   */
  readonly autoCreate?: boolean | undefined;

  /**
   * The label of the file system, by which the guest finds it whatever the order of the disks.
   *
   * @default none: the guest finds it by its position
   * @example "var"
   */
  readonly label?: string | undefined;

  /**
   * The serial number that the guest reads from the disk, up to 20 characters.
   *
   * @default none
   */
  readonly serial?: string | undefined;

  /**
   * Whether the image is read and written past the host's page cache.
   *
   * @default microvm.nix's: no
   */
  readonly direct?: boolean | undefined;

  /**
   * The format of the image, for `cloud-hypervisor`; what is made is always `raw`.
   *
   * @default microvm.nix's: `raw`
   */
  readonly imageType?: "raw" | "qcow2" | "vhd" | "vhdx" | undefined;

  /**
   * Further arguments of `mkfs`.
   *
   * @default none
   * @example ["-m", "0"]
   */
  readonly mkfsExtraArgs?: readonly string[] | undefined;
}

export const shareSchema = object({
  tag: scalar.shareTag,
  /** The folder on the host. */
  source: scalar.shareSource,
  /** Where the guest sees it; at `source` by default. */
  mountPoint: scalar.guestPath.optional(),
  readOnly: z.boolean().default(false),
  neededForBoot: z.boolean().default(false),
  /** `squash` where it is not given. */
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
