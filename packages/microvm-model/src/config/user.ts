import { z } from "zod";
import * as scalar from "../scalars/scalars.js";
import { type Home, homeSchema } from "./home.js";
import { id, object } from "../scalars/terms.js";

/**
 * The host's main user, as the host's NixOS configuration declares it. Guests have the same ids, since virtiofs carries
 * them as numbers. A value written here must agree with the host: NixOS reports a difference.
 */
export interface User {
  /**
   * The login name, on the host and in every guest.
   *
   * @example "alice"
   */
  readonly name: string;

  /**
   * The numeric user id on the host, as `id -u` prints it.
   *
   * @default the host's `users.users.NAME.uid`; 1000, NixOS's first id for a normal user, where that is null
   */
  readonly uid?: number | undefined;

  /**
   * The numeric id of the primary group on the host, as `id -g` prints it.
   *
   * @default the gid of the host's `users.users.NAME.group`, 100 for `users`
   */
  readonly gid?: number | undefined;

  /**
   * The name of the primary group.
   *
   * @default the host's `users.users.NAME.group`, which is `users` by default
   */
  readonly group?: string | undefined;

  /**
   * The home directory, on the host and in guests; `~/` in the config stands for it. Needed where the host has another.
   *
   * @default `/home/NAME`
   */
  readonly homeDirectory?: string | undefined;

  /**
   * Public keys that may log in to the guests over SSH, each a line of `authorized_keys`.
   *
   * @default []
   * @example ["ssh-ed25519 AAAAC3Nz… alice@workstation"]
   */
  readonly sshKeys?: readonly string[] | undefined;
}

/** A further user of a guest, with ids that its files on shares have on the host too. */
export interface GuestUser {
  /** The numeric user id, one of its kind in a VM. */
  readonly uid: number;

  /** The numeric id of the primary group. */
  readonly gid: number;

  /**
   * The name of the primary group.
   *
   * @default `users` for gid 100, as in NixOS; else the user's name
   */
  readonly group?: string | undefined;

  /**
   * Names of further groups, of NixOS or of the VM's `groups`.
   *
   * @default []
   * @example ["wheel"]
   */
  readonly extraGroups?: readonly string[] | undefined;

  /**
   * The home directory in the guest.
   *
   * @default `/home/NAME`
   */
  readonly homeDirectory?: string | undefined;

  /**
   * Public keys that may log in over SSH, each a line of `authorized_keys`.
   *
   * @default []
   */
  readonly sshKeys?: readonly string[] | undefined;

  /**
   * The user's home-manager configuration: programs and modules.
   *
   * @default []
   * @example ["zsh"]
   */
  readonly home?: readonly Home[] | undefined;
}

/** A further group of a guest. */
export interface GuestGroup {
  /** The numeric group id, one of its kind in a VM. */
  readonly gid: number;
}

export const userSchema = object({
  name: scalar.userName,
  uid: id.optional(),
  gid: id.optional(),
  group: scalar.groupName.optional(),
  /** The home directory on the host and in guests; `/home/NAME` by default. */
  homeDirectory: scalar.guestPath.optional(),
  /** Public keys that may log in over SSH. */
  sshKeys: z.array(scalar.sshKey).default([]),
});

export const guestUserSchema = object({
  uid: id,
  gid: id,
  /** The primary group; as the user by default, `users` for gid 100. */
  group: scalar.groupName.optional(),
  extraGroups: z.array(scalar.groupName).default([]),
  homeDirectory: scalar.guestPath.optional(),
  sshKeys: z.array(scalar.sshKey).default([]),
  home: z.array(homeSchema).default([]),
});

export const guestGroupSchema = object({ gid: id });
