import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type StoreDisk, storeDiskSchema } from "./hardware.js";
import { type Share, shareSchema, type Volume, volumeSchema } from "./storage.js";
import { type Workspace, workspaceSchema } from "./workspace.js";

/** Folders of the host and disks that a VM has. */
export interface VmStorage {
  /**
   * The folder that the agent works in: a repository on a disk of the VM (an object with `repo`), or a host folder,
   * absolute or below `~/`, that the guest can write at the same path; false for none.
   *
   * @default `~/microvm/NAME`
   * @example { repo: "~/src/project" }
   */
  readonly workspace?: string | Workspace | false | undefined;

  /**
   * The source of the guest's `/nix/store`: `share` mounts the host's store over virtiofs, read-only; `disk` builds an
   * image, an object selects its file system.
   *
   * @default "share"
   * @example { disk: "squashfs" }
   */
  readonly store?: "share" | "disk" | StoreDisk | undefined;

  /**
   * The host folder of the guest's SSH host keys, which the agent cannot read; false for keys that change at every
   * start.
   *
   * @default `/var/lib/microvm-host-keys/NAME`
   */
  readonly sshHostKeys?: string | false | undefined;

  /**
   * Host folders that the guest mounts, in addition to the workspace, the store, the host keys and the agent's state.
   *
   * @default []
   * @example [{ tag: "datasets", source: "/srv/datasets", readOnly: true }]
   */
  readonly shares?: readonly Share[] | undefined;

  /**
   * Disk images of the guest, which survive restarts. An entry replaces the default.
   *
   * @default [{ image: "var.img", mountPoint: "/var", sizeMiB: 8192, fsType: "ext4", readOnly: false, neededForBoot: false }]
   */
  readonly volumes?: readonly Volume[] | undefined;

  /**
   * The guest folder for writes to `/nix/store`, lost at shutdown; null for a read-only store. home-manager needs one.
   *
   * @default "/nix/.rw-store"
   */
  readonly writableStoreOverlay?: string | null | undefined;
}

export const vmStorageShape = {
  workspace: z.union([scalar.hostPath, z.literal(false), workspaceSchema]).optional(),
  store: z.union([z.enum(["share", "disk"]), storeDiskSchema]).default("share"),
  sshHostKeys: z.union([scalar.hostPath, z.literal(false)]).optional(),
  shares: z.array(shareSchema).default([]),
  volumes: z.array(volumeSchema).default(() => [
    {
      image: "var.img",
      mountPoint: "/var",
      sizeMiB: 8192,
      fsType: "ext4" as const,
      readOnly: false,
      neededForBoot: false,
    },
  ]),
  writableStoreOverlay: scalar.guestPath.nullable().default("/nix/.rw-store"),
};
